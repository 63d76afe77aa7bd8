/* Many viewers of one hall in one process, and a stop-watch: connects COUNT WebSockets, sends HELLO on each
 * (unless empty) and waits for the frame that answers it, then EVENTS times sends COMMAND on the first one and
 * measures until the last of all sockets has received a frame that starts with {"v":
 *
 * usage: fanload PORT PATH COUNT EVENTS HELLO COMMAND
 * prints per event the milliseconds to the last receipt, and the bytes of the frame.
 * In COMMAND and EVENTS-many copies of it every '#' becomes the number of the event.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    int fd, state, length, capacity;
    long seen;
    unsigned char *buffer;
} viewer;
enum { CONNECTING, ASKED, OPEN, READY };

static viewer *viewers;
static int total, readied, poller, bytes;
static long target, reached;
static const char *hello, *path;
static int port;

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "fanload: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void put(int fd, const void *data, int size)
{
    const char *at = data;
    while (size > 0) {
        int sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            fail("send");
        if (sent > 0) {
            at += sent;
            size -= sent;
        }
    }
}

static void put_text(int fd, const char *text)
{
    unsigned char frame[2048];
    int size = strlen(text), head = 0;
    frame[head++] = 0x81;
    if (size < 126) {
        frame[head++] = 0x80 | size;
    } else {
        frame[head++] = 0x80 | 126;
        frame[head++] = size >> 8;
        frame[head++] = size;
    }
    memset(frame + head, 0, 4); /* masked with zeros: the payload stays as it is */
    head += 4;
    memcpy(frame + head, text, size);
    put(fd, frame, head + size);
}

static void ask(viewer *v)
{
    char request[512];
    int size = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                        path, port);
    put(v->fd, request, size);
    v->state = ASKED;
    struct epoll_event wish = {.events = EPOLLIN, .data.ptr = v};
    epoll_ctl(poller, EPOLL_CTL_MOD, v->fd, &wish);
}

static void become_ready(viewer *v)
{
    v->state = READY;
    readied++;
}

static void on_frame(viewer *v, const unsigned char *payload, long size)
{
    if (size < 5 || memcmp(payload, "{\"v\":", 5))
        return;
    if (v->state == OPEN) {
        become_ready(v);
        return;
    }
    v->seen++;
    if (v->seen == target) {
        reached++;
        bytes = size;
    }
}

static void parse(viewer *v)
{
    int at = 0;
    if (v->state == ASKED) {
        unsigned char *end = memmem(v->buffer, v->length, "\r\n\r\n", 4);
        if (!end)
            return;
        if (v->length < 12 || memcmp(v->buffer + 9, "101", 3)) {
            fprintf(stderr, "fanload: %.*s\n", v->length, v->buffer);
            exit(1);
        }
        at = end + 4 - v->buffer;
        v->state = OPEN;
        if (*hello)
            put_text(v->fd, hello);
        else
            become_ready(v);
    }
    while (v->length - at >= 2) {
        unsigned char *p = v->buffer + at;
        long size = p[1] & 127;
        int head = 2;
        if (size == 126) {
            if (v->length - at < 4)
                break;
            size = p[2] << 8 | p[3];
            head = 4;
        } else if (size == 127) {
            if (v->length - at < 10)
                break;
            size = 0;
            for (int i = 2; i < 10; i++)
                size = size << 8 | p[i];
            head = 10;
        }
        if (v->length - at < head + size)
            break;
        if ((p[0] & 15) == 1)
            on_frame(v, p + head, size);
        at += head + size;
    }
    memmove(v->buffer, v->buffer + at, v->length - at);
    v->length -= at;
}

static void turn(int wait)
{
    struct epoll_event events[512];
    int ready = epoll_wait(poller, events, 512, wait);
    for (int i = 0; i < ready; i++) {
        viewer *v = events[i].data.ptr;
        if (v->state == CONNECTING) {
            ask(v);
            continue;
        }
        if (v->length == v->capacity)
            v->buffer = realloc(v->buffer, v->capacity *= 2);
        int got = recv(v->fd, v->buffer + v->length, v->capacity - v->length, 0);
        if (got < 0 && errno == EAGAIN)
            continue;
        if (got <= 0)
            fail("a viewer was dropped");
        v->length += got;
        parse(v);
    }
}

static void connect_one(viewer *v)
{
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    v->buffer = malloc(v->capacity = 4096);
    if (v->fd < 0 || (connect(v->fd, (void *)&address, sizeof address) && errno != EINPROGRESS))
        fail("connect");
    setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event wish = {.events = EPOLLOUT, .data.ptr = v};
    epoll_ctl(poller, EPOLL_CTL_ADD, v->fd, &wish);
}

int main(int argc, char **argv)
{
    if (argc != 7)
        return 2;
    port = atoi(argv[1]);
    path = argv[2];
    total = atoi(argv[3]);
    int events = atoi(argv[4]);
    hello = argv[5];
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    viewers = calloc(total, sizeof *viewers);
    poller = epoll_create1(0);
    long long begin = now();
    for (int made = 0; readied < total;) {
        while (made < total && made - readied < 200)
            connect_one(&viewers[made++]);
        turn(100);
        if (now() - begin > 120000000000LL)
            fail("not all viewers came in");
    }
    for (int event = 0; event < events; event++) {
        /* Quiet first: nothing of the event before is still on its way. */
        for (long long until = now() + 100000000LL; now() < until;)
            turn(10);
        for (int i = 0; i < total; i++)
            viewers[i].seen = 0;
        char command[1024];
        int size = 0;
        for (const char *c = argv[6]; *c && size < 1000; c++)
            size += *c == '#' ? sprintf(command + size, "%d-%d", (int)getpid(), event) : (command[size] = *c, 1);
        command[size] = 0;
        target = 1;
        reached = 0;
        long long start = now();
        put_text(viewers[0].fd, command);
        while (reached < total) {
            turn(1000);
            if (now() - start > 60000000000LL)
                fail("an event did not reach everybody");
        }
        printf("%.3f %d\n", (now() - start) / 1e6, bytes);
    }
    return 0;
}
