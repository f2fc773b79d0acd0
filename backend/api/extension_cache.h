#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

namespace gantry::api {

// What AWS's extension reads from its environment variables, with its defaults and limits
// ("Parameters and Secrets Lambda extension environment variables" in the Lambda guide).
struct ExtensionSettings {
    std::uint16_t port = 2773;
    std::size_t items = 1'000; // 0: nothing is cached
    std::int64_t secretMicros = 300'000'000;
    std::int64_t parameterMicros = 300'000'000;
};

// A value that is not one keeps the default, a larger one becomes the largest. A port that cannot be
// had inside an environment stays 2773.
ExtensionSettings extensionSettings(const std::map<std::string, std::string>& variables);

// The answers that one environment has got, each good for its time to live. The longest unused go
// when there are too many, or when they take too much of the daemon's memory. Times are monotonic.
class ExtensionCache final {
public:
    enum class Kind { Secret, Parameter };
    using Value = std::shared_ptr<const google::protobuf::Message>;
    static constexpr std::size_t kMaxBytes = 1 << 20;

    explicit ExtensionCache(const ExtensionSettings& settings) : m_settings(settings) {}

    // key: the request. Null when there is nothing, or nothing fresh.
    Value find(Kind kind, const std::string& key, std::int64_t now);
    void put(Kind kind, const std::string& key, Value value, std::int64_t now);

private:
    struct Item {
        std::string name; // kind and key
        Value value;
        std::size_t bytes = 0;
        std::int64_t goodUntil = 0;
    };
    using Items = std::list<Item>;

    static std::string nameOf(Kind kind, const std::string& key);
    void remove(Items::iterator item);

    const ExtensionSettings m_settings;
    Items m_items; // the last used first
    std::unordered_map<std::string, Items::iterator> m_byName;
    std::size_t m_bytes = 0;
};

// The caches of the environments there are, by the access key ids of their credentials.
class ExtensionCaches final {
public:
    // The cache is there as long as the handle.
    std::shared_ptr<const void> open(const std::string& accessKeyId,
                                     const ExtensionSettings& settings);
    ExtensionCache* find(const std::string& accessKeyId);

private:
    using Map = std::map<std::string, ExtensionCache>;
    std::shared_ptr<Map> m_caches = std::make_shared<Map>();
};

} // namespace gantry::api
