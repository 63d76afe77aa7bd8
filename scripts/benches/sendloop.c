/* The baseline of the fan-out benchmark: a WebSocket server that answers every text message by sending one
 * ready-made frame to all its sockets, in a loop of send(2), and does nothing else.
 *
 * usage: sendloop PAYLOAD-BYTES      prints its port and serves until killed
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 70000 };
static int sockets[MOST], count;
static char open_[MOST];

static void drop(int fd)
{
    close(fd);
    for (int i = 0; i < count; i++)
        if (sockets[i] == fd) {
            sockets[i] = sockets[--count];
            return;
        }
}

int main(int argc, char **argv)
{
    int payload = argc > 1 ? atoi(argv[1]) : 400, one = 1;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    char *frame = malloc(payload + 16);
    int head = 0;
    frame[head++] = (char)0x81;
    if (payload < 126) {
        frame[head++] = (char)payload;
    } else {
        frame[head++] = 126;
        frame[head++] = (char)(payload >> 8);
        frame[head++] = (char)payload;
    }
    memset(frame + head, 'x', payload);
    memcpy(frame + head, "{\"v\":", 5);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (void *)&address, size) || listen(listener, 4096))
        return 1;
    getsockname(listener, (void *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    int poll = epoll_create1(0);
    struct epoll_event wish = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wish);
    static char in[65536];
    for (;;) {
        int ready = epoll_wait(poll, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                int next;
                while ((next = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    if (next >= MOST)
                        return 2;
                    setsockopt(next, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    struct epoll_event each = {.events = EPOLLIN, .data.fd = next};
                    epoll_ctl(poll, EPOLL_CTL_ADD, next, &each);
                    open_[next] = 0;
                }
                continue;
            }
            int got = recv(fd, in, sizeof in, 0);
            if (got <= 0) {
                drop(fd);
            } else if (!open_[fd]) {
                static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                             "Connection: Upgrade\r\n\r\n";
                open_[fd] = 1;
                send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
                sockets[count++] = fd;
            } else if ((in[0] & 15) == 1) {
                for (int j = 0; j < count; j++)
                    send(sockets[j], frame, head + payload, MSG_NOSIGNAL | MSG_DONTWAIT);
            }
        }
    }
}
