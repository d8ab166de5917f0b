/* The data has no interface: ICU, in Foundation, finds it by its symbol. */
