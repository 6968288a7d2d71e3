/*
 * usage - what the option table says to people and to shells
 */
#include <csv.h>
#include <jansson.h>
#include <stdio.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>
#include <xxhash.h>

#include "base/buf.h"
#include "input/archive_lib.h"
#include "input/inflater.h"
#include "lookup/cares_lib.h"
#include "mail/message.h"
#include "mail/suffix.h"
#include "option_table.h"
#include "store/database.h"

#define HELP_COLUMN 28 /* where the help texts begin */

/* Writes b and frees it. */
static bool write_buf(struct out *out, struct buf *b, struct error *err)
{
    bool done = out_add(out, buf_slice(b), err);

    buf_free(b);
    return done;
}

static const char lists_title[] =
    "Lists (-f list, postfix, sendmail, rbldnsd, rbldnsd6, nftables)";

bool options_write_help(struct out *out, struct error *err)
{
    static const char *const titles[GROUP_TOTAL] = {
        [GROUP_INPUT] = "Input (logs, or its own CSV, JSON Lines, databases)",
        [GROUP_SELECTION] = "Selection",
        [GROUP_REPUTATION] = "Reputation (as field listed)",
        [GROUP_OUTPUT] = "Output",
        [GROUP_LISTS] = lists_title,
        [GROUP_PROGRAM] = "The program",
    };
    struct buf b = {0};
    int group = -1;
    unsigned i;

    buf_addf(&b, "usage: spamharvest [OPTION]... [INPUT]...   "
                 "mail logs in, spam-trap catches out\n");
    for (i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_table[i];
        size_t line;

        if (group != (int)row->group) {
            group = (int)row->group;
            buf_addf(&b, "%s:\n", titles[group]);
        }
        line = b.len;
        if (row->letter != 0)
            buf_addf(&b, "  -%c, --%s", row->letter, row->name);
        else
            buf_addf(&b, "      --%s", row->name);
        if (row->argument != NULL)
            buf_addf(&b, " %s", row->argument);
        buf_addf(&b, "%*s%s\n", (int)(line + HELP_COLUMN - b.len), "",
                 row->help);
    }
    buf_addf(&b, "Status: 0 done, 1 something not read or written, 2 usage, "
                 "3 refused a change\n");
    return write_buf(out, &b, err);
}

bool options_write_version(struct out *out, struct error *err)
{
    struct buf b = {0};
    struct archive_lib archive;
    struct cares_lib cares;
    struct error none;
    char pcre2[64] = "", text[80];
    unsigned xxh = XXH_versionNumber();

    if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) <= (int)sizeof pcre2)
        (void)pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
    buf_addf(&b, "spamharvest %s\n", PACKAGE_VERSION);
    buf_addf(&b, "PCRE2 %s\n", pcre2);
    buf_addf(&b, "libcsv %d.%d.%d\n", CSV_MAJOR, CSV_MINOR, CSV_RELEASE);
    buf_addf(&b, "Jansson %s\n", jansson_version_str());
    buf_addf(&b, "%s\n", inflater_version());
    buf_addf(&b, "%s\n",
             archive_lib_load(&archive, &none) ? archive.version_string()
                                               : "libarchive: none found");
    buf_addf(&b, "c-ares %s\n",
             cares_lib_load(&cares, &none) ? cares.version(NULL)
                                           : "none found");
    for (unsigned i = 0; database_library(i, text) != NULL; i++)
        buf_addf(&b, "%s\n", text);
    buf_addf(&b, "libpsl %s\n",
             suffixes_version()[0] != '\0' ? suffixes_version() : "none found");
    buf_addf(&b, "xxHash %u.%u.%u\n", xxh / 10000, xxh / 100 % 100, xxh % 100);
    return write_buf(out, &b, err);
}

/* The words a value may be made of, with blanks between. */

static void add_word(struct buf *b, struct slice word)
{
    if (b->len > 0 && strchr("'( ", b->ptr[b->len - 1]) == NULL)
        buf_add_byte(b, ' ');
    buf_add(b, word);
}

static void add_fields(struct buf *b, unsigned use)
{
    unsigned i;

    for (i = 0; i < FIELD_TOTAL; i++)
        if ((field_uses((enum field)i) & use) != 0)
            add_word(b, field_name((enum field)i));
}

static void add_words(struct buf *b, enum option_value value)
{
    unsigned i;

    switch (value) {
    case VALUE_FORMAT:
        for (i = 0; format_name_at(i).len > 0; i++)
            add_word(b, format_name_at(i));
        break;
    case VALUE_OUTCOMES:
        for (i = 0; i < OUTCOME_TOTAL; i++)
            add_word(b, outcome_name((enum outcome)i));
        add_word(b, SLICE("all"));
        break;
    case VALUE_KEY:
        add_fields(b, FIELD_OF_KEY);
        break;
    case VALUE_COLUMNS:
        add_fields(b, FIELD_OF_MESSAGE | FIELD_OF_SIGHTING | FIELD_OF_KEY |
                          FIELD_OF_LOOKUP);
        break;
    case VALUE_SHELL:
        add_word(b, SLICE("bash"));
        add_word(b, SLICE("zsh"));
        break;
    case VALUE_NONE:
    case VALUE_TEXT:
    case VALUE_FILE:
    case VALUE_ZONE:
        break;
    }
}

/*
 * bash splits words at "=", so --format=csv comes as three of them.
 */
static const char bash_head[] =
    "# bash completion for spamharvest; made by spamharvest --completion bash\n"
    "_spamharvest()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur=\n"
    "    elif [[ $prev == = && $COMP_CWORD -gt 2 ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    COMPREPLY=()\n"
    "    case $prev in\n";

static const char bash_tail[] =
    "    *)\n"
    "        compopt -o filenames\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "    esac\n"
    "} &&\n"
    "complete -F _spamharvest spamharvest\n";

static void bash_value(struct buf *b, enum option_value value)
{
    switch (value) {
    case VALUE_NONE:
    case VALUE_TEXT:
        return;
    case VALUE_FILE:
        buf_addf(b, "        compopt -o filenames\n"
                    "        mapfile -t COMPREPLY < <(compgen -f -- "
                    "\"$cur\")\n");
        return;
    case VALUE_ZONE:
        buf_addf(b, "        mapfile -t COMPREPLY < <(\n"
                    "            cd /usr/share/zoneinfo 2>/dev/null &&\n"
                    "            compgen -f -- \"$cur\")\n");
        return;
    case VALUE_OUTCOMES:
    case VALUE_KEY:
    case VALUE_COLUMNS:
        buf_addf(b, "        compopt -o nospace\n"
                    "        mapfile -t COMPREPLY < <(compgen \\\n"
                    "            -P \"${cur%%\"${cur##*,}\"}\" -W '");
        add_words(b, value);
        buf_addf(b, "' -- \"${cur##*,}\")\n");
        return;
    case VALUE_FORMAT:
    case VALUE_SHELL:
        buf_addf(b, "        mapfile -t COMPREPLY < <(compgen -W '");
        add_words(b, value);
        buf_addf(b, "' -- \"$cur\")\n");
        return;
    }
}

static void bash_script(struct buf *b)
{
    unsigned i;

    buf_addf(b, "%s", bash_head);
    for (i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_table[i];

        if (row->argument == NULL)
            continue;
        buf_addf(b, "    ");
        if (row->letter != 0)
            buf_addf(b, "-%c | ", row->letter);
        buf_addf(b, "--%s)\n", row->name);
        bash_value(b, row->value);
        buf_addf(b, "        return ;;\n");
    }
    buf_addf(b, "    esac\n"
                "    case $cur in\n"
                "    -*)\n"
                "        mapfile -t COMPREPLY < <(compgen -W '");
    for (i = 0; i < OPTION_COUNT; i++) {
        if (option_table[i].letter != 0)
            buf_addf(b, "-%c ", option_table[i].letter);
        buf_addf(b, "--%s%s", option_table[i].name,
                 i + 1 < OPTION_COUNT ? " " : "");
    }
    buf_addf(b, "' -- \"$cur\") ;;\n%s", bash_tail);
}

/* Text inside of '...[ ]' of zsh's _arguments. */
static void zsh_text(struct buf *b, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            buf_addf(b, "'\\''");
            continue;
        }
        if (strchr("[]:\\", *text) != NULL)
            buf_add_byte(b, '\\');
        buf_add_byte(b, *text);
    }
}

static void zsh_value(struct buf *b, const struct option_row *row)
{
    if (row->argument == NULL)
        return;
    buf_addf(b, ":%s:", row->argument);
    switch (row->value) {
    case VALUE_NONE:
    case VALUE_TEXT:
        buf_add_byte(b, ' ');
        return;
    case VALUE_FILE:
        buf_addf(b, "_files");
        return;
    case VALUE_ZONE:
        buf_addf(b, "_time_zone");
        return;
    case VALUE_OUTCOMES:
    case VALUE_KEY:
    case VALUE_COLUMNS:
        buf_addf(b, "_sequence compadd - ");
        add_words(b, row->value);
        return;
    case VALUE_FORMAT:
    case VALUE_SHELL:
        buf_add_byte(b, '(');
        add_words(b, row->value);
        buf_add_byte(b, ')');
        return;
    }
}

/* '(-f --format)'{-f+,--format=}'[help]:FORMAT:(text csv jsonl)' */
static void zsh_row(struct buf *b, const struct option_row *row)
{
    bool value = row->argument != NULL;

    buf_addf(b, "    ");
    if (row->repeatable)
        buf_addf(b, "'*'");
    else if (row->letter != 0)
        buf_addf(b, "'(-%c --%s)'", row->letter, row->name);
    if (row->letter != 0)
        buf_addf(b, "{-%c%s,--%s%s}'[", row->letter, value ? "+" : "",
                 row->name, value ? "=" : "");
    else
        buf_addf(b, "'--%s%s[", row->name, value ? "=" : "");
    zsh_text(b, row->help);
    buf_add_byte(b, ']');
    zsh_value(b, row);
    buf_addf(b, "' \\\n");
}

static void zsh_script(struct buf *b)
{
    unsigned i;

    buf_addf(b, "#compdef spamharvest\n"
                "# made by spamharvest --completion zsh\n"
                "_arguments -s -S \\\n");
    for (i = 0; i < OPTION_COUNT; i++)
        zsh_row(b, &option_table[i]);
    buf_addf(b, "    '*:input:_files'\n");
}

bool options_write_completion(struct out *out, const char *shell,
                              struct error *err)
{
    struct buf b = {0};

    if (strcmp(shell, "zsh") == 0)
        zsh_script(&b);
    else
        bash_script(&b);
    return write_buf(out, &b, err);
}
