#pragma once

#include "backend/store/writer.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry::observe::cloudwatch {

struct DashboardEntry {
    std::string name;
    std::int64_t modifiedMs = 0;
    std::int64_t size = 0; // bytes of the body
};

// What is strange in a body that is taken all the same.
struct DashboardMessage {
    std::string path; // "/widgets/3/type"
    std::string message;
};

// Dashboards in dashboards.db, by name. Their bodies are the JSON that CloudWatch's have; whoever
// shows a dashboard reads it, the platform keeps it as it came. I/O thread only.
class Dashboards final {
public:
    using Done = std::function<void(absl::Status)>;
    template <class T> using Answer = std::function<void(absl::StatusOr<T>)>;
    static constexpr std::size_t kMostBytes = 1'048'576;
    static constexpr std::size_t kMostWidgets = 500; // as many as CloudWatch takes

    static absl::StatusOr<std::unique_ptr<Dashboards>> open(boost::asio::io_context& io,
                                                            const std::filesystem::path& file);

    // Whether a body can be kept.
    static absl::StatusOr<std::vector<DashboardMessage>> check(const std::string& body);

    void put(std::string name, std::string body, std::int64_t nowMs, Done done);
    void get(std::string name, Answer<std::string> done);
    // By name, those after one and at most so many.
    void list(std::string prefix, std::string after, int limit,
              Answer<std::vector<DashboardEntry>> done);
    // All of them or, when one is not there, none.
    void remove(std::vector<std::string> names, Done done);

private:
    Dashboards(boost::asio::io_context& io, store::Database database);

    template <class T>
    void read(std::function<absl::Status(store::Database&, T&)> work, Answer<T> done);

    store::Writer m_writer;
};

} // namespace gantry::observe::cloudwatch
