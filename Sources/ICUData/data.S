/*
 * The part of ICU's data that is needed, where scripts/icu-data has written it: for what ships. Elsewhere this file is empty,
 * and Foundation's own data is linked.
 */
#if __has_include("icu-data.inc")
#include "icu-data.inc"
#endif
    .section .note.GNU-stack, "", %progbits
