# What one would write without spamharvest: the lines of each message joined
# by queue ID in one pass, then its sender and client counted. For comparison
# in tests/bench/run; it is what spamharvest does on a log that nobody
# attacks, less escaping, order, dates with a year, rejections and the rest.
#
# usage: LC_ALL=C mawk -f join.awk LOG
# prints: count, sender, client, first and last time, name, message-ID

function remember(id) {
    key = from[id] "\t" ip[id]
    if (!(key in count)) {
        first[key] = when
        helo[key] = name[id] "\t" message[id]
    }
    last[key] = when
    count[key]++
    delete from[id]; delete ip[id]; delete name[id]; delete message[id]
}

# The text between two marks, or nothing.
function between(text, start, end,    at) {
    at = index(text, start)
    if (!at)
        return ""
    text = substr(text, at + length(start))
    at = index(text, end)
    return at ? substr(text, 1, at - 1) : text
}

function address(peer) {
    sub(/^.*\[/, "", peer)
    sub(/\].*$/, "", peer)
    sub(/^IPv6:/, "", peer)
    return peer
}

function host(peer) {
    sub(/ ?\[.*$/, "", peer)
    return peer == "unknown" ? "" : peer
}

$5 ~ /^postfix\// && $7 ~ /^client=/ {
    id = $6
    peer = substr($7, 8)
    ip[id] = address(peer)
    name[id] = host(peer)
    next
}

$5 ~ /^postfix\// && $7 ~ /^message-id=/ {
    message[$6] = between($7, "<", ">")
    next
}

$5 ~ /^postfix\/qmgr/ && $7 ~ /^from=/ {
    from[$6] = between($7, "<", ">")
    next
}

$5 ~ /^postfix\/qmgr/ && $7 == "removed" {
    if ($6 in ip) {
        when = $1 " " $2 " " $3
        remember($6)
    }
    next
}

# sendmail tells it all in one line; with a msgid it took the message.
$5 ~ /^sm-mta|^sendmail/ && $7 ~ /^from=/ {
    message[$6] = between($0, "msgid=<", ">")
    if (message[$6] == "") {
        delete message[$6]
        next
    }
    from[$6] = between($7, "<", ">")
    peer = between($0, ", relay=", "\n")
    ip[$6] = address(peer)
    name[$6] = host(peer)
    when = $1 " " $2 " " $3
    remember($6)
}

END {
    for (key in count)
        print count[key] "\t" key "\t" first[key] "\t" last[key] "\t" helo[key]
}
