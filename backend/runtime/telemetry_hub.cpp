#include "backend/runtime/telemetry_hub.h"

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/runtime/error_document.h"
#include "backend/runtime/telemetry_delivery.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/time.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

namespace gantry::runtime {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxEarly = 100;
// Beyond this many full batches, records are dropped.
constexpr std::size_t kMaxBatchesWaiting = 4;

struct Limits {
    std::int64_t least, most, standard;
};
constexpr Limits kItems{1000, 10'000, 10'000};
constexpr Limits kBytes{262'144, 1'048'576, 262'144};
constexpr Limits kTimeoutMs{25, 30'000, 1'000};

struct Wanted {
    std::set<std::string> types;
    std::int64_t maxItems = 0, maxBytes = 0, timeoutMs = 0;
    TelemetryDelivery::Target target;
};

std::string timeText(std::int64_t unixMicros)
{
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMicros(unixMicros),
                            absl::UTCTimeZone());
}

std::string textOf(const json::object& object, std::string_view name)
{
    const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool readLimit(const json::object& buffering, std::string_view name, const Limits& limits,
               std::int64_t& value)
{
    value = limits.standard;
    const json::value* given = buffering.if_contains(json::string_view(name.data(), name.size()));
    if (!given)
        return true;
    if (!given->is_int64())
        return false;
    value = given->get_int64();
    return value >= limits.least && value <= limits.most;
}

// http://sandbox.localdomain:8080/path
bool readUri(absl::string_view uri, TelemetryDelivery::Target& target)
{
    if (!absl::ConsumePrefix(&uri, "http://"))
        return false;
    const std::size_t slash = uri.find('/');
    target.path = slash == absl::string_view::npos ? "/" : std::string(uri.substr(slash));
    const absl::string_view authority = uri.substr(0, slash);
    const std::size_t colon = authority.find(':');
    const absl::string_view host = authority.substr(0, colon);
    int port = 80;
    if (colon != absl::string_view::npos && !absl::SimpleAtoi(authority.substr(colon + 1), &port))
        return false;
    target.port = static_cast<std::uint16_t>(port);
    return (host == "sandbox.localdomain" || host == "sandbox") && port > 0 && port < 65'536;
}

bool readDestination(const json::object& body, TelemetryDelivery::Target& target)
{
    const json::value* destination = body.if_contains("destination");
    if (!destination || !destination->is_object())
        return false;
    const json::object& object = destination->get_object();
    const std::string protocol = textOf(object, "protocol");
    target.http = protocol == "HTTP";
    if (target.http)
        return readUri(textOf(object, "URI"), target);
    const json::value* port = object.if_contains("port");
    if (protocol != "TCP" || !port || !port->is_int64() || port->get_int64() < 1 ||
        port->get_int64() > 65'535)
        return false;
    target.port = static_cast<std::uint16_t>(port->get_int64());
    return true;
}

// An empty string, or what is wrong.
std::string read(const std::string& text, bool logsApi, Wanted& wanted)
{
    json::error_code error;
    const json::value body = json::parse(text, error);
    if (error || !body.is_object())
        return "The request's body is no JSON object";
    const json::object& object = body.get_object();
    const std::string schema = textOf(object, "schemaVersion");
    static constexpr std::array kSchemas = {"2022-07-01", "2022-12-13", "2025-01-29"};
    static constexpr std::array kLogsSchemas = {"2020-08-15", "2021-03-18"};
    const auto knows = [&](const auto& list) {
        return std::find(list.begin(), list.end(), schema) != list.end();
    };
    if (logsApi ? !schema.empty() && !knows(kLogsSchemas) : !knows(kSchemas))
        return absl::StrCat("Unknown schemaVersion '", schema, "'");
    const json::value* types = object.if_contains("types");
    if (!types || !types->is_array() || types->get_array().empty())
        return "types must name at least one of platform, function, extension";
    for (const json::value& type : types->get_array()) {
        const std::string name = type.is_string() ? std::string(type.get_string()) : "";
        if (name != "platform" && name != "function" && name != "extension")
            return absl::StrCat("Unknown type '", name, "'");
        wanted.types.insert(name);
    }
    const json::value* buffering = object.if_contains("buffering");
    const json::object none;
    const json::object& limits =
        buffering && buffering->is_object() ? buffering->get_object() : none;
    if (!readLimit(limits, "maxItems", kItems, wanted.maxItems) ||
        !readLimit(limits, "maxBytes", kBytes, wanted.maxBytes) ||
        !readLimit(limits, "timeoutMs", kTimeoutMs, wanted.timeoutMs))
        return "A member of buffering is out of range";
    if (!readDestination(object, wanted.target))
        return "The destination must be HTTP with a URI of sandbox.localdomain, or TCP with a port";
    return {};
}

} // namespace

// One extension's records on their way: gathered into batches, one batch delivered at a time.
class TelemetryHub::Subscription final : public std::enable_shared_from_this<Subscription> {
public:
    Subscription(boost::asio::io_context& io, const Clock& clock,
                 std::shared_ptr<OpenSocket> openSocket, std::string extension, Wanted wanted)
        : extension(std::move(extension)), m_io(io), m_clock(clock),
          m_openSocket(std::move(openSocket)), m_wanted(std::move(wanted)), m_timer(io)
    {
    }

    bool wants(const std::string& type) const
    {
        return m_wanted.types.contains(type.substr(0, type.find('.')));
    }

    void add(const std::string& record)
    {
        const auto limit = static_cast<std::size_t>(m_wanted.maxBytes) * kMaxBatchesWaiting;
        if (m_batch.size() + record.size() > limit) {
            ++m_droppedRecords;
            m_droppedBytes += record.size();
            return;
        }
        append(record);
        if (m_items >= m_wanted.maxItems ||
            m_batch.size() >= static_cast<std::size_t>(m_wanted.maxBytes))
            flush();
        else if (m_items == 1)
            arm();
    }

    void flush()
    {
        if (m_busy || m_items == 0)
            return;
        if (m_droppedRecords > 0)
            append(droppedRecord());
        m_timer.cancel();
        m_busy = true;
        std::string batch = std::exchange(m_batch, {});
        m_items = 0;
        if (m_wanted.target.http)
            batch = absl::StrCat("[", batch, "]");
        (*m_openSocket)(
            [weak = weak_from_this(), batch = std::move(batch)](UniqueFd socket) mutable {
                const auto self = weak.lock();
                if (!self)
                    return;
                TelemetryDelivery::send(self->m_io, std::move(socket), self->m_wanted.target,
                                        std::move(batch), [weak] {
                                            if (const auto alive = weak.lock())
                                                alive->delivered();
                                        });
            });
    }

    const std::string extension;

private:
    // HTTP takes arrays; over TCP each record is a line.
    void append(const std::string& record)
    {
        if (m_wanted.target.http && m_items > 0)
            m_batch += ',';
        m_batch += record;
        if (!m_wanted.target.http)
            m_batch += '\n';
        ++m_items;
    }

    std::string droppedRecord()
    {
        return json::serialize(json::value{
            {"time", timeText(m_clock.unixMicros())},
            {"type", "platform.logsDropped"},
            {"record",
             {{"reason", "Consumer seems to have fallen behind as it has not acknowledged receipt "
                         "of logs."},
              {"droppedRecords", std::exchange(m_droppedRecords, 0)},
              {"droppedBytes", std::exchange(m_droppedBytes, 0)}}}});
    }

    void arm()
    {
        m_timer.expires_after(std::chrono::milliseconds(m_wanted.timeoutMs));
        m_timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            if (const auto self = weak.lock(); self && !error)
                self->flush();
        });
    }

    void delivered()
    {
        m_busy = false;
        if (m_items > 0)
            arm();
    }

    boost::asio::io_context& m_io;
    const Clock& m_clock;
    const std::shared_ptr<OpenSocket> m_openSocket;
    const Wanted m_wanted;
    boost::asio::steady_timer m_timer;
    bool m_busy = false;
    std::int64_t m_items = 0;
    std::string m_batch;
    std::uint64_t m_droppedRecords = 0, m_droppedBytes = 0;
};

TelemetryHub::TelemetryHub(boost::asio::io_context& io, const Clock& clock, OpenSocket openSocket)
    : m_io(io), m_clock(clock), m_openSocket(std::make_shared<OpenSocket>(std::move(openSocket)))
{
}

TelemetryHub::~TelemetryHub()
{
    *m_openSocket = [](const auto&) {};
}

ExtensionReply TelemetryHub::subscribe(const std::string& extension, const std::string& body,
                                       bool logsApi)
{
    Wanted wanted;
    if (const std::string problem = read(body, logsApi, wanted); !problem.empty())
        return {400, makeErrorDocument("ValidationError", problem), {}};
    if (!m_init)
        return {403,
                makeErrorDocument("Telemetry.SubscriptionClosed",
                                  "Telemetry subscriptions are closed after the init"),
                {}};
    // A second subscription of an extension replaces its first.
    std::erase_if(m_subscriptions, [&](const auto& one) { return one->extension == extension; });
    json::array types;
    for (const std::string& type : wanted.types)
        types.emplace_back(type);
    const auto added =
        std::make_shared<Subscription>(m_io, m_clock, m_openSocket, extension, std::move(wanted));
    m_subscriptions.push_back(added);
    for (const Record& early : m_early) {
        if (added->wants(early.type))
            added->add(early.json);
    }
    platform(logsApi ? "platform.logsSubscription" : "platform.telemetrySubscription",
             {{"name", extension}, {"state", "Subscribed"}, {"types", types}});
    return {200, "\"OK\"", {}};
}

void TelemetryHub::platform(std::string_view type, json::value record)
{
    Record made;
    made.type = std::string(type);
    made.json = json::serialize(json::value{{"time", timeText(m_clock.unixMicros())},
                                            {"type", made.type},
                                            {"record", std::move(record)}});
    if (m_init && m_early.size() < kMaxEarly)
        m_early.push_back(made);
    deliver(made);
}

void TelemetryHub::line(bool ofExtension, std::int64_t unixMicros, const std::string& text)
{
    if (m_subscriptions.empty())
        return;
    Record made;
    made.type = ofExtension ? "extension" : "function";
    made.json = json::serialize(
        json::value{{"time", timeText(unixMicros)}, {"type", made.type}, {"record", text + "\n"}});
    deliver(made);
}

void TelemetryHub::deliver(const Record& record)
{
    for (const auto& subscription : m_subscriptions) {
        if (subscription->wants(record.type))
            subscription->add(record.json);
    }
}

void TelemetryHub::flush()
{
    for (const auto& subscription : m_subscriptions)
        subscription->flush();
}

} // namespace gantry::runtime
