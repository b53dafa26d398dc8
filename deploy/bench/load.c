/* The load generator: requests over kept-alive connections of one thread, on loopback.
 *
 *   load FILE PORT SECONDS CONNECTIONS RATE
 *
 * FILE holds whole HTTP requests, each behind a line with its length in bytes; they are sent round and
 * round. With RATE 0 every connection sends its next request when the answer is there (the peak is
 * looked for). With a RATE requests are due at an even pace, whether earlier ones are answered or not,
 * and a latency counts from when the request was due: a server that stalls is not asked less.
 * One line of JSON is printed; `cpu` is this process's own use of one core, 1 = all of it; `stall` its
 * longest turn, for which it looked at nothing; `first` when the first 200 came. Times are milliseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ANSWER 16384      /* bytes that an answer may have */
#define TIMEOUT 10e6      /* microseconds until a request counts as lost */
#define RECONNECT 20e3    /* microseconds until a lost connection is tried again */

struct request { char *bytes; size_t size; };
enum state { DOWN, IDLE, SENDING, WAITING };
struct connection { int fd; enum state state; struct request *request; size_t sent, got;
                    double due, began; char answer[ANSWER]; };

static struct request *requests;
static size_t request_count, next_request;
static struct connection *connections;
static int connection_count, epoll, port;
static double rate, first, last;          /* microseconds; `first` = when the load began */
static double stall, first_accepted;
static uint64_t planned, accepted, busy, other, lost;
static uint32_t *latencies;
static size_t latency_count, latency_room;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
  exit(2);
}

static void *need(void *memory) {
  if (!memory) fail("memory");
  return memory;
}

static void read_requests(const char *path) {
  FILE *file = fopen(path, "rb");
  size_t size;
  if (!file) fail(path);
  while (fscanf(file, "%zu", &size) == 1) {
    if (fgetc(file) != '\n') fail(path);
    requests = need(realloc(requests, (request_count + 1) * sizeof *requests));
    struct request *one = &requests[request_count++];
    one->size = size;
    one->bytes = need(malloc(size));
    if (fread(one->bytes, 1, size, file) != size) fail(path);
  }
  fclose(file);
  if (!request_count) fail(path);
}

static void watch(struct connection *c, uint32_t events) {
  struct epoll_event e = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &e)) fail("epoll");
}

static void connect_one(struct connection *c) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
  int one = 1;
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0) fail("socket");
  c->began = now();
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to)) { close(c->fd); c->state = DOWN; return; }
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e)) fail("epoll");
  c->state = IDLE;
}

/* The connection broke, or nothing came in time. */
static void drop(struct connection *c) {
  if (c->state != IDLE) lost++;
  close(c->fd);
  c->state = DOWN;
  c->began = now();
}

static void keep_sending(struct connection *c) {
  while (c->sent < c->request->size) {
    ssize_t n = send(c->fd, c->request->bytes + c->sent, c->request->size - c->sent,
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) { c->state = SENDING; watch(c, EPOLLIN | EPOLLOUT); return; }
    if (n < 0) { drop(c); return; }
    c->sent += (size_t)n;
  }
  if (c->state == SENDING) watch(c, EPOLLIN);
  c->state = WAITING;
}

static void ask(struct connection *c, double due) {
  c->request = &requests[next_request++ % request_count];
  c->due = due;
  c->began = now();
  c->sent = c->got = 0;
  c->state = WAITING;
  keep_sending(c);
}

static void note(double micros) {
  if (latency_count == latency_room) {
    latency_room = latency_room ? latency_room * 2 : 1 << 16;
    latencies = need(realloc(latencies, latency_room * sizeof *latencies));
  }
  latencies[latency_count++] = micros > 4e9 ? (uint32_t)4e9 : (uint32_t)micros;
}

/* Bytes of a whole answer, 0 while some are missing; status in *status, close wanted in *closing. */
static size_t whole(const struct connection *c, int *status, int *closing) {
  const char *end = memmem(c->answer, c->got, "\r\n\r\n", 4);
  size_t length = 0;
  if (!end) return 0;
  *status = atoi(c->answer + 9);
  *closing = 0;
  for (const char *line = c->answer; line < end; line = (const char *)memchr(line, '\n', end + 2 - line) + 1) {
    if (!strncasecmp(line, "content-length:", 15)) length = strtoul(line + 15, NULL, 10);
    if (!strncasecmp(line, "connection: close", 17)) *closing = 1;
  }
  size_t size = (size_t)(end + 4 - c->answer) + length;
  return size <= c->got ? size : 0;
}

static void receive(struct connection *c) {
  int status, closing;
  ssize_t n = recv(c->fd, c->answer + c->got, ANSWER - 1 - c->got, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0 || c->state == IDLE) { drop(c); return; }
  c->got += (size_t)n;
  c->answer[c->got] = 0;
  if (!whole(c, &status, &closing)) {
    if (c->got == ANSWER - 1) drop(c);
    return;
  }
  note(now() - c->due);
  if (status == 200) accepted++; else if (status == 503) busy++; else other++;
  if (status == 200 && accepted == 1) first_accepted = now() - first;
  c->state = IDLE;
  if (closing) { drop(c); connect_one(c); }
}

/* Whatever is due goes to a connection that has nothing to do. */
static void give(struct connection *c) {
  double t = now();
  if (c->state != IDLE || t >= last) return;
  if (rate == 0) { ask(c, t); return; }
  double due = first + planned * 1e6 / rate;
  if (due <= t) { planned++; ask(c, due); }
}

static void look_after_all(void) {
  double t = now();
  for (int i = 0; i < connection_count; i++) {
    struct connection *c = &connections[i];
    if (c->state == DOWN && t - c->began > RECONNECT) connect_one(c);
    if ((c->state == WAITING || c->state == SENDING) && t - c->began > TIMEOUT) drop(c);
    give(c);
  }
}

static int in_flight(void) {
  int n = 0;
  for (int i = 0; i < connection_count; i++) n += connections[i].state >= SENDING;
  return n;
}

static void run(void) {
  struct epoll_event events[256];
  long step = rate ? 500000 : 20000000;   /* nanoseconds: an even pace wants a fine clock */
  struct itimerspec every = {{0, step}, {0, step}};
  struct epoll_event tick = {.events = EPOLLIN, .data.ptr = NULL};
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  uint64_t ticks;
  if (timer < 0 || timerfd_settime(timer, 0, &every, NULL)) fail("timer");
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &tick)) fail("epoll");
  for (double t = now(), before; t < last || (in_flight() && t < last + TIMEOUT);) {
    int n = epoll_wait(epoll, events, 256, 1000);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (!c) { if (read(timer, &ticks, sizeof ticks) > 0) look_after_all(); continue; }
      if (c->state == DOWN) continue;
      if (events[i].events & EPOLLOUT) keep_sending(c);
      if (c->state != DOWN && events[i].events & ~(uint32_t)EPOLLOUT) receive(c);
      give(c);
    }
    before = t;
    t = now();
    if (t - before > stall) stall = t - before;
  }
}

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static double percentile(double share) {
  return latency_count ? latencies[(size_t)((latency_count - 1) * share)] / 1e3 : 0;
}

static void report(double took) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec +
               (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  uint64_t due = (uint64_t)((last - first) / 1e6 * rate);  // the last of them may still lie ahead
  uint64_t late = due > planned ? due - planned : 0;
  qsort(latencies, latency_count, sizeof *latencies, by_size);
  printf("{\"accepted\": %llu, \"busy\": %llu, \"other\": %llu, \"lost\": %llu, \"not_sent\": %llu, "
         "\"seconds\": %.6f, \"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f, \"stall\": %.3f, "
         "\"first\": %.3f, \"cpu\": %.4f}\n",
         (unsigned long long)accepted, (unsigned long long)busy, (unsigned long long)other,
         (unsigned long long)lost, (unsigned long long)late, (last - first) / 1e6, percentile(0.5),
         percentile(0.99), percentile(1), stall / 1e3, first_accepted / 1e3,
         cpu * 1e6 / took);
}

int main(int argc, char **argv) {
  if (argc != 6) { fprintf(stderr, "load FILE PORT SECONDS CONNECTIONS RATE\n"); return 2; }
  read_requests(argv[1]);
  port = atoi(argv[2]);
  connection_count = atoi(argv[4]);
  rate = atof(argv[5]);
  epoll = epoll_create1(0);
  connections = need(calloc((size_t)connection_count, sizeof *connections));
  for (int i = 0; i < connection_count; i++) connect_one(&connections[i]);
  errno = 0;
  first = now();
  last = first + atof(argv[3]) * 1e6;
  for (int i = 0; i < connection_count; i++) give(&connections[i]);
  run();
  report(now() - first);
  return 0;
}
