/* resolver - many questions for A records in flight at once, by c-ares */
#include "lookup/resolver.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "lookup/cares_lib.h"
#include "lookup/window.h"

#define NAME_SIZE 256
#define TRIES 3
#define TRIES_WEIGHT 7 /* each waits twice as long as that before */
#define SOCKETS_MAX 12 /* ares.h has bits for a few more, but shifts an int */
#define TICK_MS 20     /* how often time-outs are looked for */
#define PACKETS_A_TURN 256   /* a flood must not keep us from the clock */
#define BUFFER_SIZE 0x200000 /* for answers that come together */

struct question {
    struct resolver *r;
    uint64_t number;
    uint64_t sent; /* by the window's count */
    bool by_tcp;
    char name[NAME_SIZE];
};

/*
 * A connection that breaks is a failed try of all that c-ares has under way
 * with that server, so what must go by TCP has a channel of its own.
 */
enum way { BY_UDP, BY_TCP, WAYS };

struct resolver {
    struct cares_lib lib;
    ares_channel channel[WAYS];
    struct window window;
    resolver_done *done;
    void *arg;
    bool closing;
    bool library;
    bool dry; /* the socket read last has no more */

    /* A question costs interval, and credit grows with time, to a limit. */
    int64_t interval; /* in ns; 0: no rate */
    int64_t credit;
    int64_t clock;

    struct question question[WINDOW_MOST];
    struct question *unused[WINDOW_MOST];
    size_t unused_count;
};

/* ---- where to ask ---- */

static unsigned count_servers(const struct cares_lib *lib, ares_channel channel)
{
    struct ares_addr_port_node *first = NULL, *node;
    unsigned count = 0;

    if (lib->get_servers_ports(channel, &first) != ARES_SUCCESS)
        return 0;
    for (node = first; node != NULL; node = node->next)
        count++;
    lib->free_data(first);
    return count;
}

static int use_server(struct resolver *r, enum way way, const struct server *s)
{
    struct ares_addr_port_node node = {.udp_port = s->port,
                                       .tcp_port = s->port};

    if (address_is_v4(&s->address)) {
        node.family = AF_INET;
        memcpy(&node.addr.addr4, s->address.bytes + 12, 4);
    } else {
        node.family = AF_INET6;
        memcpy(&node.addr.addr6, s->address.bytes, 16);
    }
    return r->lib.set_servers_ports(r->channel[way], &node);
}

/* ---- sockets ---- */

static ares_socket_t open_socket(int family, int type, int protocol, void *arg)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    int size = BUFFER_SIZE;

    (void)arg;
    /* The system may give less; then the window stays smaller. */
    if (fd >= 0 && type == SOCK_DGRAM)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return fd;
}

static int close_socket(ares_socket_t fd, void *arg)
{
    (void)arg;
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *to,
                          ares_socklen_t size, void *arg)
{
    (void)arg;
    return connect(fd, to, size);
}

static ares_ssize_t receive(ares_socket_t fd, void *to, size_t size, int flags,
                            struct sockaddr *from, ares_socklen_t *from_size,
                            void *arg)
{
    struct resolver *r = arg;
    ssize_t got = recvfrom(fd, to, size, flags, from, from_size);

    r->dry = got <= 0;
    return got;
}

static ares_ssize_t send_pieces(ares_socket_t fd, const struct iovec *piece,
                                int count, void *arg)
{
    struct resolver *r = arg;

    r->credit -= r->interval; /* each try counts */
    return writev(fd, piece, count);
}

static const struct ares_socket_functions socket_functions = {
    open_socket, close_socket, connect_socket, receive, send_pieces,
};

/* ---- one question ---- */

static enum resolver_end judge(int status, const struct reply *reply)
{
    switch (status) {
    case ARES_SUCCESS:
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
        return reply == NULL ? RESOLVER_FAILED : RESOLVER_REPLY;
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
    case ARES_EBADFAMILY:
        return RESOLVER_SILENT;
    default:
        return RESOLVER_FAILED;
    }
}

static void on_answer(void *arg, int status, int timeouts,
                      unsigned char *packet, int len);

static void send_question(struct resolver *r, struct question *q)
{
    r->lib.query(r->channel[q->by_tcp ? BY_TCP : BY_UDP], q->name, ns_c_in,
                 ns_t_a, on_answer, q);
}

static void on_answer(void *arg, int status, int timeouts,
                      unsigned char *packet, int len)
{
    struct question *q = arg;
    struct resolver *r = q->r;
    uint64_t number = q->number;
    struct reply reply;
    enum resolver_end end;

    if (r->closing)
        return;
    if (!q->by_tcp && packet != NULL && reply_is_cut(packet, (size_t)len)) {
        q->by_tcp = true;
        send_question(r, q);
        return;
    }
    window_end(&r->window, q->sent, timeouts > 0, clock_ns());
    r->unused[r->unused_count++] = q;
    if (packet != NULL && len > 0)
        reply = reply_parse(packet, (size_t)len);
    end = judge(status, packet == NULL || len <= 0 ? NULL : &reply);
    if (end != RESOLVER_REPLY)
        r->done(r->arg, number, end, NULL, r->lib.strerror(status));
    else
        r->done(r->arg, number, end, &reply,
                reply.kind == REPLY_BAD ? "an answer that is none" : NULL);
}

void resolver_ask(struct resolver *r, const char *name, uint64_t number)
{
    struct question *q = r->unused[--r->unused_count];

    q->number = number;
    q->sent = window_send(&r->window, clock_ns());
    q->by_tcp = false;
    (void)snprintf(q->name, sizeof q->name, "%s", name);
    send_question(r, q);
}

/* ---- the rate ---- */

/* What was not used of the last tenth of a second may be used now. */
static bool rate_allows(struct resolver *r)
{
    int64_t now, limit = CLOCK_SECOND_NS / 10;

    if (r->interval == 0)
        return true;
    now = clock_ns();
    if (limit < r->interval)
        limit = r->interval;
    r->credit += now - r->clock;
    r->clock = now;
    if (r->credit > limit)
        r->credit = limit;
    return r->credit >= r->interval;
}

bool resolver_is_ready(struct resolver *r)
{
    return window_is_open(&r->window) && rate_allows(r);
}

bool resolver_is_idle(const struct resolver *r)
{
    return r->window.in_flight == 0;
}

static int wait_for(const struct resolver *r, int milliseconds)
{
    int64_t wait = milliseconds < TICK_MS ? milliseconds : TICK_MS;

    if (r->interval != 0 && r->credit < r->interval) {
        int64_t until = (r->interval - r->credit) / 1000000 + 1;

        if (until < wait)
            wait = until;
    }
    return (int)wait;
}

static void take_packets(struct resolver *r, enum way way, int fd)
{
    r->dry = false;
    for (unsigned i = 0; i < PACKETS_A_TURN && !r->dry; i++)
        r->lib.process_fd(r->channel[way], fd, ARES_SOCKET_BAD);
}

/* Adds the sockets of a channel to those polled. */
static nfds_t add_sockets(const struct resolver *r, enum way way,
                          struct pollfd *polled, nfds_t count)
{
    ares_socket_t fd[SOCKETS_MAX];
    int wanted = r->lib.getsock(r->channel[way], fd, SOCKETS_MAX);

    for (int i = 0; i < SOCKETS_MAX; i++) {
        short events = 0;

        if (ARES_GETSOCK_READABLE(wanted, i))
            events |= POLLIN;
        if (ARES_GETSOCK_WRITABLE(wanted, i))
            events |= POLLOUT;
        if (events != 0)
            polled[count++] = (struct pollfd){.fd = fd[i], .events = events};
    }
    return count;
}

static void serve_socket(struct resolver *r, enum way way,
                         const struct pollfd *polled)
{
    if ((polled->revents & POLLOUT) != 0)
        r->lib.process_fd(r->channel[way], ARES_SOCKET_BAD, polled->fd);
    if ((polled->revents & (POLLIN | POLLERR | POLLHUP)) != 0)
        take_packets(r, way, polled->fd);
}

void resolver_turn(struct resolver *r, int milliseconds)
{
    struct pollfd polled[WAYS * SOCKETS_MAX];
    nfds_t end[WAYS], count = 0;

    for (unsigned way = 0; way < WAYS; way++)
        end[way] = count = add_sockets(r, way, polled, count);
    if (poll(polled, count, wait_for(r, milliseconds)) < 0)
        count = 0;
    for (unsigned way = 0, i = 0; way < WAYS; way++) {
        for (; i < end[way] && i < count; i++)
            serve_socket(r, way, &polled[i]);
        /* Time-outs. */
        r->lib.process_fd(r->channel[way], ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }
}

/* ---- the whole ---- */

/* servers: how many, each of which is asked with each try. */
static int open_channel(struct resolver *r, enum way way,
                        const struct resolver_options *given, unsigned servers)
{
    static const int flags[WAYS] = {ARES_FLAG_IGNTC, ARES_FLAG_USEVC};
    struct ares_options o = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_STAYOPEN |
                 flags[way],
        .timeout = (int)(given->timeout * 1000 / TRIES_WEIGHT / servers),
        .tries = TRIES,
    };
    int status;

    /* Another server may know more; the same one would say the same. */
    if (servers == 1)
        o.flags |= ARES_FLAG_NOCHECKRESP;
    if (r->channel[way] != NULL)
        r->lib.destroy(r->channel[way]);
    r->channel[way] = NULL;
    status = r->lib.init_options(&r->channel[way], &o,
                                 ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS |
                                     ARES_OPT_TRIES);
    if (status == ARES_SUCCESS && !address_is_none(&given->server.address))
        status = use_server(r, way, &given->server);
    if (status == ARES_SUCCESS)
        r->lib.set_socket_functions(r->channel[way], &socket_functions, r);
    return status;
}

static bool open_resolver(struct resolver *r, const struct resolver_options *o,
                          struct error *err)
{
    unsigned servers = 0;
    int status;

    if (!cares_lib_load(&r->lib, err))
        return false;
    status = r->lib.library_init(ARES_LIB_INIT_ALL);
    r->library = status == ARES_SUCCESS;
    if (r->library)
        status = open_channel(r, BY_UDP, o, 1);
    if (status == ARES_SUCCESS) {
        servers = count_servers(&r->lib, r->channel[BY_UDP]);
        if (servers == 0)
            return error_set(err, "there is no DNS server to ask");
        if (servers > 1)
            status = open_channel(r, BY_UDP, o, servers);
    }
    if (status == ARES_SUCCESS)
        status = open_channel(r, BY_TCP, o, servers);
    if (status != ARES_SUCCESS)
        return error_set(err, "c-ares: %s", r->lib.strerror(status));
    return true;
}

struct resolver *resolver_new(const struct resolver_options *o,
                              resolver_done *done, void *arg, struct error *err)
{
    struct resolver *r = mem_new(sizeof *r);

    r->done = done;
    r->arg = arg;
    r->interval = o->rate == 0 ? 0 : CLOCK_SECOND_NS / o->rate;
    r->clock = clock_ns();
    r->credit = r->interval;
    window_init(&r->window, r->clock);
    for (size_t i = 0; i < WINDOW_MOST; i++) {
        r->question[i].r = r;
        r->unused[r->unused_count++] = &r->question[i];
    }
    if (open_resolver(r, o, err))
        return r;
    resolver_free(r);
    return NULL;
}

void resolver_free(struct resolver *r)
{
    if (r == NULL)
        return;
    r->closing = true;
    for (unsigned way = 0; way < WAYS; way++)
        if (r->channel[way] != NULL)
            r->lib.destroy(r->channel[way]);
    if (r->library)
        r->lib.library_cleanup();
    free(r);
}
