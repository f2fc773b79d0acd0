// A custom runtime in C++ without dependencies: the fastest cold start there is.
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

std::string handle(const std::string& event)
{
    std::printf("got %zu bytes\n", event.size());
    return "{\"message\":\"Hello from C++!\",\"youSent\":" + event + "}";
}

// One keep-alive connection to the Runtime API.
class Api {
public:
    Api()
    {
        const std::string address = std::getenv("AWS_LAMBDA_RUNTIME_API");
        const auto colon = address.rfind(':');
        sockaddr_in peer{};
        peer.sin_family = AF_INET;
        peer.sin_port = htons(std::stoi(address.substr(colon + 1)));
        inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
        m_stream = fdopen(socket(AF_INET, SOCK_STREAM, 0), "r+");
        if (!m_stream || connect(fileno(m_stream), reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0)
            throw std::runtime_error("cannot reach the Runtime API");
    }

    // Returns the body; requestId is set where the answer names one.
    std::string call(const std::string& method, const std::string& path, const std::string& body,
                     std::string* requestId = nullptr)
    {
        const std::string request = method + " /2018-06-01/runtime/invocation/" + path +
                                    " HTTP/1.1\r\nHost: runtime\r\nContent-Length: " +
                                    std::to_string(body.size()) + "\r\n\r\n" + body;
        if (write(fileno(m_stream), request.data(), request.size()) != static_cast<ssize_t>(request.size()))
            std::exit(1);
        size_t length = 0;
        for (std::string line = readLine(); !line.empty(); line = readLine()) {
            const auto colon = line.find(": ");
            const std::string name = line.substr(0, colon);
            if (strcasecmp(name.c_str(), "content-length") == 0)
                length = std::stoul(line.substr(colon + 2));
            if (requestId && strcasecmp(name.c_str(), "lambda-runtime-aws-request-id") == 0)
                *requestId = line.substr(colon + 2);
        }
        std::string answer(length, '\0');
        if (fread(answer.data(), 1, length, m_stream) != length)
            std::exit(1);
        return answer;
    }

private:
    std::string readLine()
    {
        char line[8192];
        if (!fgets(line, sizeof line, m_stream))
            std::exit(1);
        std::string text = line;
        while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
            text.pop_back();
        return text;
    }

    FILE* m_stream = nullptr;
};

int main()
{
    setvbuf(stdout, nullptr, _IOLBF, 0);
    Api api;
    for (;;) {
        std::string id;
        const std::string event = api.call("GET", "next", "", &id);
        try {
            api.call("POST", id + "/response", handle(event));
        } catch (const std::exception& error) {
            api.call("POST", id + "/error",
                     std::string("{\"errorType\":\"Error\",\"errorMessage\":\"") + error.what() + "\"}");
        }
    }
}
