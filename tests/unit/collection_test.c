/*
 * collection: rows and state are one, whatever breaks off in between.
 *
 * What must crash runs in a child. The program is loaded with crash_preload.so
 * before it, which does nothing until a child asks for it.
 */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "format/format.h"
#include "store/collection.h"

#define SIGHTINGS                                                              \
    "first_seen,last_seen,count,sender,client_ip,client_name,message_id\n"
#define MESSAGES                                                               \
    "date,sender,client_ip,client_name,helo,message_id,recipients,size,"       \
    "outcome,mta,mta_host,queue_id\n"
#define SIGHTING(count)                                                        \
    "2013-03-07T04:12:33+01:00,2013-03-07T04:12:33+01:00," #count              \
    ",a@x.example,192.0.2.1,,\n"
#define MESSAGE(id)                                                            \
    "2013-03-07T04:12:33+01:00,a@x.example,192.0.2.1,,,m@x,t@y.example,,"      \
    "accepted,postfix,mx1," #id "\n"
#define JSON_SIGHTING                                                          \
    "{\"first_seen\":\"2013-03-07T04:12:33+01:00\","                           \
    "\"last_seen\":\"2013-03-07T04:12:33+01:00\",\"count\":1,"                 \
    "\"sender\":\"a@x.example\",\"client_ip\":\"192.0.2.1\","                  \
    "\"client_name\":\"\",\"message_id\":\"\"}\n"

/* ---- what a run does, in short ---- */

static struct collection *opened(const char *path)
{
    struct error err = {.text = ""};
    struct collection *c = collection_open(path, 0, &err);

    if (c == NULL)
        fail_msg("%s", err.text);
    return c;
}

/* A state with one row of the caller's. */
static struct ledger *state_of(const char *mark)
{
    struct ledger *l = ledger_new();
    struct slice field[] = {SLICE("mark"), slice_of(mark)};

    ledger_put(l, field, 2);
    return l;
}

/* rows NULL: only the state is new. */
static bool commit(struct collection *c, const struct slice *rows, bool append,
                   const char *mark, struct error *err)
{
    struct out *out = rows == NULL ? NULL : collection_begin(c, append, err);
    struct ledger *state;
    bool good;

    if (rows != NULL && (out == NULL || !out_add(out, *rows, err)))
        return false;
    state = state_of(mark);
    good = collection_commit(c, state, err);
    ledger_free(state);
    return good;
}

static void must_commit(struct collection *c, const char *rows, bool append,
                        const char *mark)
{
    struct error err = {.text = ""};
    struct slice bytes = slice_of(rows);

    if (!commit(c, rows == NULL ? NULL : &bytes, append, mark, &err))
        fail_msg("%s", err.text);
}

static bool take_mark(void *arg, const struct slice *field, size_t count,
                      struct error *err)
{
    char *mark = arg;

    (void)err;
    assert_int_equal(count, 2);
    assert_true(slice_equal(field[0], SLICE("mark")));
    assert_string_equal(mark, "");
    assert_true(field[1].len < 8);
    memcpy(mark, field[1].ptr, field[1].len);
    mark[field[1].len] = '\0';
    return true;
}

static void assert_mark(struct collection *c, const char *want)
{
    char mark[8] = "";
    struct error err = {.text = ""};

    assert_true(collection_state(c, take_mark, mark, &err));
    assert_string_equal(mark, want);
}

static bool count_row(void *arg, const struct row *row,
                      const struct field_list *columns, uint64_t line,
                      struct error *err)
{
    size_t *count = arg;

    (void)row;
    (void)columns;
    (void)line;
    (void)err;
    ++*count;
    return true;
}

static void assert_rows(struct collection *c, size_t want)
{
    size_t count = 0;
    struct error err = {.text = ""};

    if (!collection_rows(c, count_row, &count, &err))
        fail_msg("%s", err.text);
    assert_int_equal(count, want);
}

/* Opens it, looks at all, and closes it. */
static void assert_collection(const char *path, enum collection_kind kind,
                              const char *mark, size_t rows)
{
    struct collection *c = opened(path);

    assert_int_equal(collection_kind(c), kind);
    assert_mark(c, mark);
    assert_rows(c, rows);
    collection_free(c);
}

static void made(const char *path, const char *rows, const char *mark)
{
    struct collection *c = opened(path);

    must_commit(c, rows, false, mark);
    collection_free(c);
}

/* ---- kinds and forms ---- */

static void new_one_is_named(void **state)
{
    static const struct {
        const char *path, *format;
    } cases[] = {{"file", "csv"}, {"file.csv", "csv"}, {"file.jsonl", "jsonl"}};

    (void)state;
    put("file.csv", "", 0644);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct collection *c = opened(cases[i].path);
        const struct collection_form *form = collection_form(c);

        assert_int_equal(collection_kind(c), COLLECTION_NEW);
        assert_ptr_equal(form->format, format_find(slice_of(cases[i].format)));
        assert_false(form->messages);
        assert_int_equal(form->key.count, 0);
        assert_mark(c, "");
        assert_rows(c, 0);
        collection_free(c);
    }
    /* Only locks are left of that. */
    assert_int_equal(files_in("."), 1 + 3);
    collection_free(NULL);
}

static void forms_are_found(void **state)
{
    static const struct {
        const char *path, *bytes, *format, *key;
        bool messages;
    } cases[] = {
        {"a", SIGHTINGS, "csv", "sender,client_ip", false},
        {"b", SIGHTINGS SIGHTING(1), "csv", "sender,client_ip", false},
        {"c",
         "\xef\xbb\xbf\"first_seen\",last_seen,\"count\",client_ip,"
         "client_name,message_id\r\n",
         "csv", "client_ip", false},
        {"d", MESSAGES, "csv", "", true},
        {"e.csv", JSON_SIGHTING, "jsonl", "sender,client_ip", false},
        {"f.jsonl", MESSAGES MESSAGE(A1), "csv", "", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct collection_form *form;
        struct collection *c;
        struct buf key = {0};

        put(cases[i].path, cases[i].bytes, 0644);
        c = opened(cases[i].path);
        form = collection_form(c);
        assert_int_equal(collection_kind(c), COLLECTION_FOREIGN_STATE);
        assert_ptr_equal(form->format, format_find(slice_of(cases[i].format)));
        assert_int_equal(form->messages, cases[i].messages);
        for (unsigned j = 0; j < form->key.count; j++) {
            buf_addf(&key, "%s", j > 0 ? "," : "");
            buf_add(&key, field_name(form->key.field[j]));
        }
        assert_true(slice_equal(buf_slice(&key), slice_of(cases[i].key)));
        buf_free(&key);
        collection_free(c);
        assert_content(cases[i].path, cases[i].bytes);
    }
}

static void what_is_not_ours_is_refused(void **state)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"Mar  7 04:12:33 mx1 postfix/qmgr[1]: A1: removed\n",
         "file: not a collection: neither CSV nor JSON Lines of this program"},
        {"\n",
         "file: not a collection: neither CSV nor JSON Lines of this program"},
        {"sender\na@x.example\n",
         "file: not a collection: its columns are not those of sightings or"
         " messages"},
        {"date,sender,client_ip,message_id,mta_host,queue_id\n",
         "file: not a collection: columns are missing, or in another order"},
        {"first_seen,last_seen,count,sender,client_ip,message_id\n",
         "file: not a collection: its columns are not those of sightings or"
         " messages"},
        {SIGHTINGS "2013-03-07T04:12:33+01:00,2013-03-07T04:12:33+01:00,0,"
                   "a@x.example,192.0.2.1,,\n",
         "file:2: count is not of its form"},
        {SIGHTINGS SIGHTING(1) "2013\n",
         "file:3: 1 fields where the header has 7"},
        {SIGHTINGS SIGHTING(1) "2013-03-07T04:12:33+01:00,2013-03-07T04:12:33"
                               "+01:00,1,a@x.example,192.0.2.1,,",
         "file:3: the last row is torn: it does not end in a newline"},
        {SIGHTINGS SIGHTING(1) "2013-03-07T04:12:33+01:00,2013-03-07T04:12:33"
                               "+01:00,1,a@x.example,192.0.2.1,,\"\n",
         "file:3: not CSV: a quote that is never closed"},
        {"first_seen,last_seen,count,sender,client_ip,client_name,message_id",
         "file:1: the last row is torn: it does not end in a newline"},
        {JSON_SIGHTING "{\"first_seen\":\"2013",
         "file:2: not JSON: premature end of input near '\"2013'"},
        {JSON_SIGHTING "{\"date\":\"2013\"}\n",
         "file:2: a row of other columns than those before it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {.text = ""};

        put("file", cases[i].bytes, 0644);
        put("file.next", "another's", 0644);
        put("file.state", "another's", 0644);
        assert_null(collection_open("file", 0, &err));
        assert_string_equal(err.text, cases[i].text);
        assert_content("file", cases[i].bytes);
        assert_content("file.next", "another's");
        assert_content("file.state", "another's");
    }
}

/* As a crashed machine may leave it. */
static void zeros_are_refused(void **state)
{
    struct buf bytes = {0};
    struct error err = {.text = ""};

    (void)state;
    buf_add(&bytes, SLICE(SIGHTINGS SIGHTING(1)));
    memset(buf_reserve(&bytes, 5000), 0, 5000);
    bytes.len += 5000;
    buf_add(&bytes, SLICE("\n"));
    put_bytes("file", buf_slice(&bytes), 0644);
    assert_null(collection_open("file", 0, &err));
    assert_string_equal(err.text, "file:3: 1 fields where the header has 7");
    put_bytes("file", slice_make(bytes.ptr + 200, 4000), 0644);
    assert_null(collection_open("file", 0, &err));
    buf_free(&bytes);
}

static void what_is_no_file_is_refused(void **state)
{
    static const struct {
        const char *path, *text;
    } cases[] = {
        {"none/file", "none/file: No such file or directory"},
        {"", "\"\" names no file"},
        {"folder", "folder: Is a directory"},
        {"pipe", "pipe: not a regular file"},
        {"loop", "loop: Too many levels of symbolic links"},
    };

    (void)state;
    assert_int_equal(mkdir("folder", 0755), 0);
    assert_int_equal(mkfifo("pipe", 0644), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {.text = ""};

        assert_null(collection_open(cases[i].path, 0, &err));
        assert_string_equal(err.text, cases[i].text);
    }
}

static void permissions_are_asked(void **state)
{
    struct error err = {.text = ""};

    (void)state;
    put("file", SIGHTINGS, 0444);
    assert_null(collection_open("file", 0, &err));
    assert_string_equal(err.text, "file: Permission denied");
}

/* ---- commits ---- */

static void commits_and_knows_again(void **state)
{
    struct collection *c = opened("file");

    (void)state;
    must_commit(c, SIGHTINGS, false, "1");
    assert_int_equal(collection_kind(c), COLLECTION_KNOWN);
    assert_int_equal(collection_form(c)->key.count, 2);
    assert_mark(c, "1");
    must_commit(c, SIGHTINGS SIGHTING(1), false, "2");
    assert_rows(c, 1);
    collection_free(c);

    assert_collection("file", COLLECTION_KNOWN, "2", 1);
    c = opened("file");
    must_commit(c, NULL, false, "3");
    assert_mark(c, "3");
    collection_free(c);
    assert_collection("file", COLLECTION_KNOWN, "3", 1);
    assert_content("file", SIGHTINGS SIGHTING(1));
    assert_int_equal(files_in("."), 3);
}

static void appends(void **state)
{
    struct collection *c = opened("file");

    (void)state;
    must_commit(c, MESSAGES, true, "1");
    must_commit(c, MESSAGE(A1), true, "2");
    assert_rows(c, 1);
    must_commit(c, "", true, "3");
    must_commit(c, MESSAGE(A2) MESSAGE(A3), true, "4");
    assert_mark(c, "4");
    collection_free(c);
    assert_content("file", MESSAGES MESSAGE(A1) MESSAGE(A2) MESSAGE(A3));
    assert_collection("file", COLLECTION_KNOWN, "4", 3);
    assert_int_equal(files_in("."), 3);
}

/* A log was read that had nothing: that is worth remembering. */
static void empty_one_keeps_its_state(void **state)
{
    (void)state;
    made("file.jsonl", "", "1");
    assert_content("file.jsonl", "");
    assert_collection("file.jsonl", COLLECTION_KNOWN, "1", 0);
    made("file.jsonl", JSON_SIGHTING, "2");
    assert_collection("file.jsonl", COLLECTION_KNOWN, "2", 1);
    put("file.jsonl", "", 0644);
    assert_collection("file.jsonl", COLLECTION_NEW, "", 0);
}

static void without_commit_nothing_changes(void **state)
{
    struct collection *c;
    struct error err;
    struct out *out;

    (void)state;
    made("file", SIGHTINGS, "1");
    c = opened("file");
    out = collection_begin(c, false, &err);
    assert_true(out_add(out, SLICE("rubbish"), &err));
    assert_true(out_flush(out, &err));
    out = collection_begin(c, true, &err);
    assert_true(out_add(out, SLICE("rubbish"), &err));
    assert_true(out_flush(out, &err));
    collection_free(c);
    assert_content("file", SIGHTINGS);
    assert_int_equal(files_in("."), 3);
    assert_collection("file", COLLECTION_KNOWN, "1", 0);
}

static void rows_of_no_form_are_not_committed(void **state)
{
    struct error err = {.text = ""};
    struct slice rows = SLICE("sender\n");
    struct collection *c;

    (void)state;
    made("file", SIGHTINGS, "1");
    c = opened("file");
    assert_false(commit(c, &rows, false, "2", &err));
    assert_string_equal(err.text,
                        "file.next: not a collection: its columns are not"
                        " those of sightings or messages");
    must_commit(c, NULL, false, "3");
    collection_free(c);
    assert_collection("file", COLLECTION_KNOWN, "3", 0);
}

static void there_must_be_a_file_to_keep(void **state)
{
    struct error err = {.text = ""};
    struct collection *c = opened("file");

    (void)state;
    assert_false(commit(c, NULL, false, "1", &err));
    assert_string_equal(err.text, "file: there is no such file");
    collection_free(c);
    assert_int_equal(files_in("."), 1);
}

static void mode_is_kept(void **state)
{
    mode_t mask = umask(027);

    (void)state;
    made("file", SIGHTINGS, "1");
    umask(mask);
    assert_int_equal(mode_of("file"), 0640);
    assert_int_equal(mode_of("file.state"), 0640);
    assert_int_equal(mode_of("file.lock"), 0640);
    assert_int_equal(chmod("file", 0604), 0);
    made("file", SIGHTINGS, "2");
    assert_int_equal(mode_of("file"), 0604);
    assert_int_equal(mode_of("file.state"), 0604);
}

static void links_are_followed(void **state)
{
    (void)state;
    assert_int_equal(mkdir("folder", 0755), 0);
    assert_int_equal(symlink("folder/file", "link"), 0);
    made("link", SIGHTINGS, "1");
    assert_collection("folder/file", COLLECTION_KNOWN, "1", 0);
    made("link", SIGHTINGS SIGHTING(1), "2");
    assert_collection("link", COLLECTION_KNOWN, "2", 1);
    assert_int_equal(files_in("."), 2);
    assert_int_equal(files_in("folder"), 3);
}

static void one_run_at_a_time(void **state)
{
    struct collection *c = opened("file");
    struct error err = {.text = ""};

    (void)state;
    assert_null(collection_open("file", 0, &err));
    assert_string_equal(err.text,
                        "file: another run has it (waited 0 seconds)");
    collection_free(c);
    collection_free(opened("file"));
}

/* ---- what others do to it ---- */

static void state_of_another_content_is_none(void **state)
{
    (void)state;
    made("file", SIGHTINGS SIGHTING(1), "1");
    put("file", SIGHTINGS SIGHTING(1) SIGHTING(2), 0644);
    assert_collection("file", COLLECTION_FOREIGN_STATE, "", 2);
    put("file", SIGHTINGS SIGHTING(2), 0644);
    assert_collection("file", COLLECTION_FOREIGN_STATE, "", 1);
    /* Restored: that state is its own. */
    put("file", SIGHTINGS SIGHTING(1), 0644);
    assert_collection("file", COLLECTION_KNOWN, "1", 1);
    assert_int_equal(unlink("file"), 0);
    assert_collection("file", COLLECTION_NEW, "", 0);
}

static void torn_state_is_none(void **state)
{
    struct buf bytes;

    (void)state;
    made("file", SIGHTINGS SIGHTING(1), "1");
    bytes = bytes_of("file.state");
    for (size_t len = 0; len < bytes.len; len += 7) {
        put_bytes("file.state", slice_head(buf_slice(&bytes), len), 0644);
        assert_collection("file", COLLECTION_FOREIGN_STATE, "", 1);
        put_bytes("file.state.next", slice_head(buf_slice(&bytes), len), 0644);
        assert_collection("file", COLLECTION_FOREIGN_STATE, "", 1);
        assert_false(exists("file.state.next"));
    }
    buf_free(&bytes);
    made("file", SIGHTINGS SIGHTING(1), "2");
    assert_collection("file", COLLECTION_KNOWN, "2", 1);
}

static void changed_meanwhile_is_left_alone(void **state)
{
    static const char *const others[] = {SIGHTINGS SIGHTING(2),
                                         SIGHTINGS SIGHTING(1) SIGHTING(2)};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct slice rows = SLICE(SIGHTINGS);
        struct error err = {.text = ""};
        struct collection *c;

        put("file", SIGHTINGS SIGHTING(1), 0644);
        usleep(20 * 1000); /* a file system's clock may be a coarse one */
        c = opened("file");
        put(i < 2 ? "file" : "other", others[i % 2], 0644);
        if (i >= 2)
            assert_int_equal(rename("other", "file"), 0);
        assert_false(commit(c, &rows, false, "1", &err));
        assert_string_equal(err.text,
                            "file: somebody else changed it meanwhile");
        collection_free(c);
        assert_content("file", others[i % 2]);
    }
}

/* A cron run with nothing new must not read what it knows. */
static void known_one_is_not_read_whole(void **state)
{
    struct buf rows = {0};
    struct collection *c = opened("file");
    struct error err = {.text = ""};
    struct stat st;
    struct slice bytes;
    size_t middle;
    int fd;

    (void)state;
    buf_add(&rows, SLICE(SIGHTINGS));
    for (int i = 0; i < 2000; i++)
        buf_add(&rows, SLICE(SIGHTING(1)));
    bytes = buf_slice(&rows);
    assert_true(commit(c, &bytes, false, "1", &err));
    collection_free(c);

    /* Rubbish that nobody looks at. */
    middle = rows.len / 2;
    fd = open("file", O_WRONLY);
    assert_int_equal(pwrite(fd, "\"\"\"", 3, (off_t)middle), 3);
    close(fd);
    assert_int_equal(stat("file", &st), 0);
    c = opened("file");
    assert_int_equal(collection_kind(c), COLLECTION_KNOWN);
    assert_mark(c, "1");
    collection_free(c);
    buf_free(&rows);
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The collection goes on as if nothing had been tried. */
static void failed_append_is_taken_back(void **state)
{
    struct buf before = {0}, rows = {0};
    struct error err = {.text = ""};
    struct slice bytes;
    struct collection *c;

    (void)state;
    buf_add(&before, SLICE(MESSAGES));
    for (int i = 0; i < 100; i++) {
        buf_add(&before, SLICE(MESSAGE(A1)));
        buf_add(&rows, SLICE(MESSAGE(A2)));
    }
    bytes = buf_slice(&before);
    c = opened("file");
    assert_true(commit(c, &bytes, true, "1", &err));

    assert_ptr_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    limit_files(before.len + 500);
    bytes = buf_slice(&rows);
    assert_false(commit(c, &bytes, true, "2", &err));
    limit_files(RLIM_INFINITY);
    assert_string_equal(err.text, "file: cannot write: File too large");
    assert_bytes("file", buf_slice(&before));
    assert_int_equal(files_in("."), 3);
    assert_mark(c, "1");
    assert_rows(c, 100);

    must_commit(c, MESSAGE(A3), true, "3");
    collection_free(c);
    assert_collection("file", COLLECTION_KNOWN, "3", 101);
    buf_free(&before);
    buf_free(&rows);
}

/* ---- crashes ---- */

#define LARGE 7000 /* rows: several pieces of any copy */

struct scenario {
    const char *name, *path;
    const char *before; /* content; NULL: no file */
    bool known;         /* committed, with mark 1 */
    size_t repeat;      /* of a row behind what is committed */
    const char *rows;   /* NULL: only the state is new */
    bool append;
};

static const struct scenario scenarios[] = {
    {"new", "file", NULL, false, 0, SIGHTINGS SIGHTING(1), false},
    {"new-to-append", "file", NULL, false, 0, MESSAGES MESSAGE(A1), true},
    {"new-empty", "file.jsonl", NULL, false, 0, "", false},
    {"was-empty", "file", "", false, 0, MESSAGES, true},
    {"replace", "file", SIGHTINGS SIGHTING(1), true, 0,
     SIGHTINGS SIGHTING(1) SIGHTING(2), false},
    /* Size, head and tail stay. */
    {"replace-middle", "file", "middle 1", true, 0, "middle 2", false},
    {"replace-same", "file", SIGHTINGS SIGHTING(1), true, 0,
     SIGHTINGS SIGHTING(1), false},
    {"replace-foreign", "file", SIGHTINGS SIGHTING(1), false, 0,
     SIGHTINGS SIGHTING(2), false},
    {"replace-large", "file", SIGHTINGS, true, LARGE, SIGHTINGS SIGHTING(2),
     false},
    {"append", "file", MESSAGES, true, 0, MESSAGE(A1), true},
    {"append-more", "file", MESSAGES MESSAGE(A1), true, 0,
     MESSAGE(A2) MESSAGE(A3), true},
    {"append-foreign", "file", MESSAGES MESSAGE(A1), false, 0, MESSAGE(A2),
     true},
    {"append-large", "file", MESSAGES MESSAGE(A1), true, LARGE, MESSAGE(A2),
     true},
    {"append-nothing", "file", MESSAGES MESSAGE(A1), true, 0, "", true},
    {"state-only", "file", MESSAGES MESSAGE(A1), true, 0, NULL, false},
    {"state-only-foreign", "file", MESSAGES MESSAGE(A1), false, 0, NULL, false},
};

#define SCENARIOS (sizeof scenarios / sizeof scenarios[0])

/* Rows of equal size, head and tail with one count between that differs. */
static void add_content(struct buf *to, const char *text)
{
    if (strncmp(text, "middle", 6) != 0) {
        buf_add(to, slice_of(text));
        return;
    }
    buf_add(to, SLICE(SIGHTINGS));
    for (int i = 0; i < 400; i++)
        buf_add(to, i != 200         ? SLICE(SIGHTING(5))
                    : text[7] == '1' ? SLICE(SIGHTING(1))
                                     : SLICE(SIGHTING(2)));
}

/* What is committed; the caller frees it. */
static struct buf rows_of(const struct scenario *s)
{
    struct buf rows = {0};

    add_content(&rows, s->rows);
    for (size_t i = 0; i < s->repeat; i++)
        buf_add(&rows, s->append ? SLICE(MESSAGE(A9)) : SLICE(SIGHTING(9)));
    return rows;
}

/* FILE as it should be, before and after. */
static struct buf content_of(const struct scenario *s, bool after)
{
    struct buf content = {0}, rows = {0};

    if (s->before != NULL && (!after || s->append || s->rows == NULL))
        add_content(&content, s->before);
    if (after && s->rows != NULL) {
        rows = rows_of(s);
        buf_add(&content, buf_slice(&rows));
        buf_free(&rows);
    }
    return content;
}

/* The folder as it is before the commit. */
static void prepare(const struct scenario *s)
{
    struct buf before = content_of(s, false);
    struct slice bytes = buf_slice(&before);

    remove_all(".");
    if (s->known) {
        struct collection *c = opened(s->path);
        struct error err = {.text = ""};

        if (!commit(c, &bytes, false, "1", &err))
            fail_msg("%s", err.text);
        collection_free(c);
    } else if (s->before != NULL) {
        put_bytes(s->path, bytes, 0644);
    }
    buf_free(&before);
}

/* What a child does; its status: 0 done, 1 not, 2 not and no word why. */
typedef int scenario_step(const struct scenario *s);

static int commit_scenario(const struct scenario *s)
{
    struct error err = {.text = ""};
    struct collection *c = collection_open(s->path, 0, &err);
    struct buf rows = {0};
    struct slice bytes;
    bool good = c != NULL;

    if (s->rows != NULL)
        rows = rows_of(s);
    bytes = buf_slice(&rows);
    good = good &&
           commit(c, s->rows == NULL ? NULL : &bytes, s->append, "2", &err);
    buf_free(&rows);
    collection_free(c);
    if (!good && err.text[0] == '\0')
        return 2;
    return good ? 0 : 1;
}

static int open_scenario(const struct scenario *s)
{
    struct error err = {.text = ""};
    struct collection *c = collection_open(s->path, 0, &err);

    collection_free(c);
    return c != NULL ? 0 : err.text[0] != '\0' ? 1 : 2;
}

static void ask_for(const char *fault, long at)
{
    struct buf number = {0};

    buf_addf(&number, "%ld", at);
    buf_add_byte(&number, '\0');
    setenv("SPAMHARVEST_FAULT", fault, 1);
    setenv("SPAMHARVEST_FAULT_AT", number.ptr, 1);
    buf_free(&number);
}

/* Exit status, or -1: killed. */
static int run_child(const struct scenario *s, scenario_step *step,
                     const char *fault, long at)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        ask_for(fault, at);
        _exit(step(s));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return -1;
    assert_true(WIFEXITED(status));
    assert_in_range(WEXITSTATUS(status), 0, 1);
    return WEXITSTATUS(status);
}

static bool is_content(const char *path, const struct buf *want)
{
    struct buf got = {0};
    bool same;

    if (exists(path))
        got = bytes_of(path);
    same = slice_equal(buf_slice(&got), buf_slice(want));
    buf_free(&got);
    return same;
}

static bool has_mark(struct collection *c, const char *want)
{
    char mark[8] = "";
    struct error err = {.text = ""};

    assert_true(collection_state(c, take_mark, mark, &err));
    return strcmp(mark, want) == 0;
}

enum when { BEFORE, AFTER, BETWEEN };

/* What a run finds that nothing disturbs. */
static enum when look(const struct scenario *s)
{
    struct collection *c = opened(s->path);
    struct buf before = content_of(s, false), after = content_of(s, true);
    enum when when = BETWEEN;

    if (has_mark(c, "2") && is_content(s->path, &after) &&
        collection_kind(c) == COLLECTION_KNOWN)
        when = AFTER;
    else if (has_mark(c, s->known ? "1" : "") && is_content(s->path, &before))
        when = BEFORE;
    assert_false(exists("file.next") || exists("file.state.next") ||
                 exists("file.jsonl.next") || exists("file.jsonl.state.next"));
    buf_free(&before);
    buf_free(&after);
    collection_free(c);
    return when;
}

static void assert_when(const struct scenario *s, const char *fault, long at,
                        int status)
{
    enum when when = look(s);

    if (when == BETWEEN || (status == 0 && when != AFTER))
        fail_msg("%s: %s at call %ld, status %d: found %s", s->name, fault, at,
                 status, when == BETWEEN ? "between" : "before");
    /* What did not come about can be done again. */
    if (when == BEFORE) {
        assert_int_equal(commit_scenario(s), 0);
        assert_int_equal(look(s), AFTER);
    }
    assert_int_equal(files_in("."), 3);
}

/* How many calls the step makes. */
static long count_calls(const struct scenario *s, scenario_step *step)
{
    long at = 1;

    for (;; at++) {
        prepare(s);
        if (run_child(s, step, "kill", at) >= 0)
            return at - 1;
    }
}

static void crash_leaves_before_or_after(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        const struct scenario *s = &scenarios[i];
        int status = -1;

        for (long at = 1; status < 0; at++) {
            prepare(s);
            status = run_child(s, commit_scenario, "kill", at);
            assert_when(s, "kill", at, status);
            prepare(s);
            assert_when(s, "torn", at,
                        run_child(s, commit_scenario, "torn", at));
        }
        assert_int_equal(status, 0);
    }
}

static void failing_disk_leaves_before_or_after(void **state)
{
    static const char *const faults[] = {"enospc", "eio", "eintr", "short"};

    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        const struct scenario *s = &scenarios[i];
        long calls = count_calls(s, commit_scenario);

        for (size_t j = 0; j < sizeof faults / sizeof faults[0]; j++) {
            for (long at = 1; at <= calls; at++) {
                int status;

                prepare(s);
                status = run_child(s, commit_scenario, faults[j], at);
                assert_when(s, faults[j], at, status);
                /* These are no failures. */
                if (j >= 2)
                    assert_int_equal(status, 0);
            }
        }
    }
}

/* Crashed, and crashed again while that is being mended. */
static void second_crash_leaves_before_or_after(void **state)
{
    static const char *const names[] = {"replace-middle", "append-foreign",
                                        "append-more"};
    static const char *const faults[] = {"kill", "eio"};

    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        const struct scenario *s = &scenarios[i];
        long calls;

        if (strcmp(s->name, names[0]) != 0 && strcmp(s->name, names[1]) != 0 &&
            strcmp(s->name, names[2]) != 0)
            continue;
        calls = count_calls(s, commit_scenario);
        for (long first = calls / 2; first <= calls; first++) {
            for (size_t j = 0; j < 2; j++) {
                for (long second = 4; second < 14; second++) {
                    prepare(s);
                    (void)run_child(s, commit_scenario, "torn", first);
                    if (!exists("file.state.next")) {
                        prepare(s);
                        (void)run_child(s, commit_scenario, "kill", first);
                    }
                    (void)run_child(s, open_scenario, faults[j], second);
                    assert_when(s, faults[j], first * 100 + second, 1);
                }
            }
        }
    }
}

/*
 * The machine stopped before what was appended was on the disk: its size
 * was, and its end, but zeros between.
 */
static void hole_in_what_was_appended_is_cut(void **state)
{
    const struct scenario *s = NULL;
    struct buf before, after, now = {0};
    bool met = false;

    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++)
        if (strcmp(scenarios[i].name, "append-large") == 0)
            s = &scenarios[i];
    assert_non_null(s);
    before = content_of(s, false);
    after = content_of(s, true);
    for (long at = count_calls(s, commit_scenario); at > 0 && !met; at--) {
        prepare(s);
        assert_int_equal(run_child(s, commit_scenario, "kill", at), -1);
        met = exists("file.state.next") && is_content(s->path, &after);
    }
    assert_true(met);
    buf_add(&now, buf_slice(&after));
    memset(now.ptr + before.len + 100, 0, 50000);
    put_bytes(s->path, buf_slice(&now), 0644);
    assert_int_equal(look(s), BEFORE);
    buf_free(&before);
    buf_free(&after);
    buf_free(&now);
}

/* Loads the program anew with the library before it; only once. */
static void load_faults(char **argv)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    const char *options = getenv("ASAN_OPTIONS");
    struct buf preload = {0}, asan = {0};

    if (getenv("LD_PRELOAD") != NULL || len < 0)
        return;
    self[len] = '\0';
    buf_addf(&preload, "%s/../crash_preload.so", dirname(self));
    buf_add_byte(&preload, '\0');
    /* Its library is not the first any more; and what it keeps of memory
     * that was freed makes each fork() slow. */
    buf_addf(&asan, "%s:verify_asan_link_order=0:quarantine_size_mb=1",
             options == NULL ? "" : options);
    buf_add_byte(&asan, '\0');
    setenv("ASAN_OPTIONS", asan.ptr, 1);
    setenv("LD_PRELOAD", preload.ptr, 1);
    execv("/proc/self/exe", argv);
    perror("/proc/self/exe");
    exit(99);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(new_one_is_named),
        IN_FOLDER(forms_are_found),
        IN_FOLDER(what_is_not_ours_is_refused),
        IN_FOLDER(zeros_are_refused),
        IN_FOLDER(what_is_no_file_is_refused),
        IN_FOLDER_AS_NOBODY(permissions_are_asked),
        IN_FOLDER(commits_and_knows_again),
        IN_FOLDER(appends),
        IN_FOLDER(empty_one_keeps_its_state),
        IN_FOLDER(without_commit_nothing_changes),
        IN_FOLDER(rows_of_no_form_are_not_committed),
        IN_FOLDER(there_must_be_a_file_to_keep),
        IN_FOLDER(mode_is_kept),
        IN_FOLDER(links_are_followed),
        IN_FOLDER(one_run_at_a_time),
        IN_FOLDER(state_of_another_content_is_none),
        IN_FOLDER(torn_state_is_none),
        IN_FOLDER(changed_meanwhile_is_left_alone),
        IN_FOLDER(known_one_is_not_read_whole),
        IN_FOLDER(failed_append_is_taken_back),
        IN_MEMORY(crash_leaves_before_or_after),
        IN_MEMORY(failing_disk_leaves_before_or_after),
        IN_MEMORY(second_crash_leaves_before_or_after),
        IN_MEMORY(hole_in_what_was_appended_is_cut),
    };

    (void)argc;
    load_faults(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
