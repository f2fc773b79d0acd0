// http_load HOST:PORT CONNECTIONS SECONDS < REQUEST
// Sends the same raw HTTP/1.1 request over keep-alive connections, one at a time on each, and prints
// completed, p50, p90, p99 (microseconds), requests a second and failures (status other than 200).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
    int fd = -1;
    std::string answer;
    Clock::time_point sent;
};

[[noreturn]] void fail(const char* what)
{
    std::perror(what);
    std::exit(1);
}

int connectTo(const std::string& host, int port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
        connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        fail("connect");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void send(Connection& connection, const std::string& request)
{
    connection.answer.clear();
    connection.sent = Clock::now();
    for (std::size_t done = 0; done < request.size();) {
        const ssize_t count = write(connection.fd, request.data() + done, request.size() - done);
        if (count <= 0)
            fail("write");
        done += static_cast<std::size_t>(count);
    }
}

// Whether the answer is complete; both servers measured send a Content-Length.
bool complete(const std::string& answer)
{
    const auto end = answer.find("\r\n\r\n");
    if (end == std::string::npos)
        return false;
    std::string head = answer.substr(0, end);
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto length = head.find("content-length:");
    return length != std::string::npos &&
           answer.size() >= end + 4 + std::strtoul(head.c_str() + length + 15, nullptr, 10);
}

double percentile(std::vector<double>& sorted, double share)
{
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 4) {
        std::fprintf(stderr, "usage: http_load HOST:PORT CONNECTIONS SECONDS < REQUEST\n");
        return 2;
    }
    const std::string target = argv[1];
    const auto colon = target.rfind(':');
    const std::string request{std::istreambuf_iterator<char>(std::cin), {}};
    std::vector<Connection> connections(static_cast<std::size_t>(std::max(1, std::atoi(argv[2]))));
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < connections.size(); ++i) {
        connections[i].fd = connectTo(target.substr(0, colon), std::atoi(target.c_str() + colon + 1));
        epoll_event event{EPOLLIN, {.u64 = i}};
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event);
    }

    std::vector<double> micros;
    long failures = 0;
    const auto start = Clock::now();
    const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::atof(argv[3])));
    for (Connection& connection : connections)
        send(connection, request);
    std::vector<char> buffer(256 << 10);
    while (Clock::now() < end) {
        epoll_event events[64];
        const int ready = epoll_wait(epoll, events, 64, 100);
        for (int i = 0; i < ready; ++i) {
            Connection& connection = connections[events[i].data.u64];
            const ssize_t count = read(connection.fd, buffer.data(), buffer.size());
            if (count <= 0)
                fail("the server closed the connection");
            connection.answer.append(buffer.data(), static_cast<std::size_t>(count));
            if (!complete(connection.answer))
                continue;
            micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - connection.sent).count());
            failures += connection.answer.compare(9, 3, "200") != 0;
            send(connection, request);
        }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::sort(micros.begin(), micros.end());
    std::printf("%zu %.1f %.1f %.1f %.0f %ld\n", micros.size(), percentile(micros, 0.5), percentile(micros, 0.9),
                percentile(micros, 0.99), static_cast<double>(micros.size()) / seconds, failures);
    return 0;
}
