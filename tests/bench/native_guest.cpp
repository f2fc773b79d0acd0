// A custom runtime with nothing in it: echoes every event, after GUEST_SLEEP_S seconds if that is set.
// Its cold start is the platform's own.
#include <cstdlib>
#include <string>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

int g_socket = -1;

void sendAll(const std::string& text)
{
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t count = write(g_socket, text.data() + done, text.size() - done);
        if (count <= 0)
            std::exit(1);
        done += static_cast<std::size_t>(count);
    }
}

// One answer: its head and, behind it, its body.
std::string receive(std::string& head)
{
    static std::string buffer;
    std::size_t bodyAt = std::string::npos, length = 0;
    for (;;) {
        if (bodyAt == std::string::npos) {
            const auto end = buffer.find("\r\n\r\n");
            if (end != std::string::npos) {
                bodyAt = end + 4;
                const auto found = buffer.find("ontent-");
                const auto at = buffer.find("ength: ", found);
                length = at < bodyAt ? std::strtoul(buffer.c_str() + at + 7, nullptr, 10) : 0;
            }
        }
        if (bodyAt != std::string::npos && buffer.size() >= bodyAt + length)
            break;
        char part[16384];
        const ssize_t count = read(g_socket, part, sizeof part);
        if (count <= 0)
            std::exit(1);
        buffer.append(part, static_cast<std::size_t>(count));
    }
    head = buffer.substr(0, bodyAt);
    std::string body = buffer.substr(bodyAt, length);
    buffer.erase(0, bodyAt + length);
    return body;
}

} // namespace

int main()
{
    const std::string api = std::getenv("AWS_LAMBDA_RUNTIME_API");
    const auto colon = api.find(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(api.substr(colon + 1))));
    inet_pton(AF_INET, api.substr(0, colon).c_str(), &address.sin_addr);
    g_socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(g_socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return 1;
    const std::string base = "/2018-06-01/runtime/invocation/";
    const std::string host = " HTTP/1.1\r\nHost: " + api + "\r\n";
    for (;;) {
        std::string head;
        sendAll("GET " + base + "next" + host + "\r\n");
        const std::string event = receive(head);
        const std::string name = "Lambda-Runtime-Aws-Request-Id: ";
        const auto at = head.find(name) + name.size();
        const std::string id = head.substr(at, head.find("\r\n", at) - at);
        if (const char* seconds = std::getenv("GUEST_SLEEP_S"))
            sleep(static_cast<unsigned>(std::atoi(seconds)));
        sendAll("POST " + base + id + "/response" + host + "Content-Length: " + std::to_string(event.size()) +
                "\r\n\r\n" + event);
        receive(head);
    }
}
