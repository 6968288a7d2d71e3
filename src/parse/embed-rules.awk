# embed-rules.awk - rule files as a C source
#
#   awk -f embed-rules.awk postfix.rules sendmail.rules > rules_builtin.c
#
# One character constant a byte: a string literal may not be that long in
# ISO C. Rule files are printable ASCII, so that this needs no more than an
# awk; a pattern can say any other byte as \xNN.

function basename(path) {
    sub(/.*\//, "", path)
    return path
}

function fail(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what | "cat 1>&2"
    failed = 1
    exit 1
}

function end_text() {
    if (files > 0)
        print "};"
}

BEGIN {
    # Never put between quotes by name, lest a shell or awk undo them.
    quote = sprintf("%c", 39)
    for (i = 32; i < 127; i++)
        known[sprintf("%c", i)] = 1
    print "/* Made by embed-rules.awk: edit the rule files. */"
    print "#include \"parse/builtin.h\""
}

FNR == 1 {
    end_text()
    names[++files] = basename(FILENAME)
    printf "\nstatic const char text_%d[] = {\n", files
}

{
    line = ""
    for (i = 1; i <= length($0); i++) {
        c = substr($0, i, 1)
        if (c == "\t")
            line = line quote "\\t" quote ","
        else if (!(c in known))
            fail("not printable ASCII; a pattern can say it as \\xNN")
        else if (c == "\\" || c == quote)
            line = line quote "\\" c quote ","
        else
            line = line quote c quote ","
    }
    print line quote "\\n" quote ","
}

END {
    if (failed)
        exit 1
    end_text()
    print "\nconst struct builtin_rules builtin_rules[] = {"
    for (i = 1; i <= files; i++)
        printf "    {\"%s\", text_%d, sizeof text_%d},\n", names[i], i, i
    print "    {0, 0, 0},\n};"
}
