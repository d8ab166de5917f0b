"""What the API's own books say of tokens: whether a pair that was in use was lost."""


def lost(renewals, reads, imports):
    """Users whose daemon used a new pair and came with the older refresh token later, which was spent by then.

    `renewals` is the log of the API's token endpoint, `reads` are the calls that it took for a good token. A pair whose
    answer was lost, or that a dying daemon had not stored, was never used: that is no loss, and the client credentials
    bring the next. An old token ends when a new one is issued. `imports` are (user, begin, end) in seconds since 1970
    of what replaced a user's tokens on somebody's orders.
    """
    by_user, replaced, found = {}, {}, []
    for at, user, _ in reads:
        by_user.setdefault(user, []).append(at)
    for user, began, ended in imports:
        replaced.setdefault(user, []).append((began, ended))
    for user, log in renewals["users"].items():
        last = None
        for record in sorted(log["renewals"], key=lambda record: record["started"]):
            if record.get("outcome") == "renewed":
                last = record
            elif (record.get("outcome"), record["grant"]) == ("invalid_grant", "refresh_token") and last:
                issued, refused = last.get("ended", last["started"]) / 1e6, record["started"] / 1e6
                is_used = any(issued < at < refused for at in by_user.get(user, []))
                is_replaced = any(began < refused and ended > last["started"] / 1e6
                                  for began, ended in replaced.get(user, []))
                if is_used and not is_replaced:
                    found.append((user, refused))
    return found
