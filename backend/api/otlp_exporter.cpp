#include "backend/api/otlp_exporter.h"

#include "backend/api/http_post.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/log.h"
#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gantry::api {
namespace {

constexpr std::int64_t kSoonMs = 1'000;
constexpr std::int64_t kLongestBackoffMs = 120'000;
constexpr std::size_t kMostSegmentsAtOnce = 1'000;
constexpr std::size_t kMostBytesAtOnce = 1 << 20;
constexpr std::size_t kKeptAnswer = 16 * 1024;
constexpr int kMostHeaders = 20;
constexpr std::size_t kMostHeader = 4'096;

bool isToken(const std::string& name)
{
    return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-.^_`|~", std::string(1, static_cast<char>(c)));
    });
}

bool isHeaderText(const std::string& value)
{
    return std::all_of(value.begin(), value.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

// The codes that OTLP/HTTP says may be tried again.
bool isTransient(int status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

} // namespace

absl::Status checkExport(const v1::TelemetryExportSettings& settings)
{
    const std::string& endpoint = settings.endpoint();
    if (!settings.on() && endpoint.empty())
        return absl::OkStatus();
    const bool http = absl::StartsWith(endpoint, "http://") || absl::StartsWith(endpoint, "https://");
    const std::string host = http ? endpoint.substr(endpoint.find("//") + 2) : std::string();
    const bool plain = std::all_of(endpoint.begin(), endpoint.end(),
                                   [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (host.empty() || host.front() == '/' || !plain || endpoint.size() > 2'000 ||
        endpoint.find_first_of("?#@") != std::string::npos)
        return validationError("The endpoint must be an address such as http://127.0.0.1:4318, below which "
                               "/v1/metrics is.");
    if (settings.interval_seconds() < 5 || settings.interval_seconds() > 3'600)
        return validationError("The interval must be 5 to 3,600 seconds.");
    if (settings.headers_size() > kMostHeaders)
        return validationError("There may be 20 headers at most.");
    for (const v1::ExportHeader& header : settings.headers()) {
        if (!isToken(header.name()) || !isHeaderText(header.value()) ||
            header.name().size() + header.value().size() > kMostHeader)
            return validationError(absl::StrCat(
                "A header needs a name of letters, digits and dashes and a value without line breaks",
                isToken(header.name()) ? absl::StrCat(": ", header.name()) : std::string(), "."));
    }
    return absl::OkStatus();
}

OtlpExporter::OtlpExporter(boost::asio::io_context& io, const Clock& clock,
                           observe::otlp::Origin origin, Totals totals)
    : m_io(io), m_clock(clock), m_origin(std::move(origin)), m_totals(std::move(totals)), m_timer(io)
{
}

OtlpExporter::~OtlpExporter()
{
    m_stop = true;
}

void OtlpExporter::configure(const v1::TelemetryExportSettings& settings)
{
    m_settings = settings;
    ++m_generation;
    m_failures = 0;
    m_status.clear_problem();
    if (!takesTraces()) {
        m_segments.clear();
        m_segmentBytes = 0;
    }
    if (m_settings.on())
        schedule(kSoonMs);
    else
        m_timer.cancel();
}

v1::TelemetryExportStatus OtlpExporter::status() const
{
    v1::TelemetryExportStatus status = m_status;
    *status.mutable_settings() = m_settings;
    for (v1::ExportHeader& header : *status.mutable_settings()->mutable_headers())
        header.clear_value();
    return status;
}

void OtlpExporter::addSegments(std::vector<std::string> documents)
{
    if (!takesTraces())
        return;
    for (std::string& document : documents) {
        m_segmentBytes += document.size();
        m_segments.push_back(std::move(document));
    }
    // The oldest go, but for those that are under way.
    while (m_segmentBytes > kMostWaiting && m_segments.size() > m_sending) {
        const auto oldest = m_segments.begin() + static_cast<std::ptrdiff_t>(m_sending);
        m_segmentBytes -= oldest->size();
        m_segments.erase(oldest);
        m_status.set_segments_dropped(m_status.segments_dropped() + 1);
    }
}

void OtlpExporter::schedule(std::int64_t ms)
{
    m_timer.expires_after(std::chrono::milliseconds(ms));
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            begin();
    });
}

void OtlpExporter::begin()
{
    if (!m_settings.on())
        return;
    if (m_busy)
        return schedule(kSoonMs); // with what was before other settings
    m_busy = true;
    sendMetrics();
}

void OtlpExporter::sendMetrics()
{
    auto totals = std::make_shared<const std::vector<observe::otlp::FunctionTotals>>(m_totals());
    send("/v1/metrics",
         [totals, origin = m_origin, now = m_clock.unixMillis()](int&) {
             return observe::otlp::metricsRequest(*totals, origin, now);
         },
         [this](const Answered& answered) { metricsSent(answered); });
}

void OtlpExporter::sendTraces()
{
    auto documents = std::make_shared<std::vector<std::string>>();
    std::size_t bytes = 0;
    for (const std::string& document : m_segments) {
        if (documents->size() == kMostSegmentsAtOnce || bytes > kMostBytesAtOnce)
            break;
        bytes += document.size();
        documents->push_back(document);
    }
    m_sending = documents->size();
    send("/v1/traces",
         [documents, origin = m_origin](int& spans) {
             return observe::otlp::tracesRequest(*documents, origin, spans);
         },
         [this, segments = documents->size()](const Answered& answered) {
             tracesSent(answered, segments);
         });
}

OtlpExporter::Answered OtlpExporter::post(const PostRequest& request, const std::atomic<bool>& stop)
{
    const auto answer = api::post(request, stop);
    Answered answered;
    if (!answer.ok()) {
        answered.outcome = Outcome::TryAgain;
        answered.problem = absl::StrCat("The receiver was not reached: ", answer.status().message(), ".");
    } else if (answer->status < 200 || answer->status > 299) {
        answered.outcome = isTransient(answer->status) ? Outcome::TryAgain : Outcome::Refused;
        answered.retryAfterSeconds = answer->retryAfterSeconds;
        answered.problem = absl::StrCat("The receiver answered with HTTP status ", answer->status, ".");
    } else {
        answered.problem = observe::otlp::refusalIn(answer->body);
    }
    return answered;
}

void OtlpExporter::send(const char* path, std::function<std::string(int& spans)> encode,
                        std::function<void(const Answered&)> then)
{
    PostRequest request;
    const absl::string_view base = absl::StripSuffix(m_settings.endpoint(), "/");
    request.url = absl::StrCat(base, path);
    request.headers = {"Content-Type: application/x-protobuf", "Expect:"};
    for (const v1::ExportHeader& header : m_settings.headers())
        request.headers.push_back(absl::StrCat(header.name(), ": ", header.value()));
    request.keptBytes = kKeptAnswer;
    m_worker.post([this, request = std::move(request), encode = std::move(encode),
                   then = std::move(then), generation = m_generation,
                   alive = std::weak_ptr<int>(m_alive)]() mutable {
        int spans = 0;
        request.body = encode(spans);
        auto answered = std::make_shared<Answered>(post(request, m_stop));
        answered->spans = spans;
        boost::asio::post(m_io, [this, answered, then, generation, alive] {
            if (alive.expired())
                return;
            if (generation == m_generation)
                return then(*answered);
            m_busy = false;
            m_sending = 0;
        });
    });
}

void OtlpExporter::metricsSent(const Answered& answered)
{
    m_metricsProblem = answered.problem;
    if (answered.outcome == Outcome::Taken) {
        m_status.set_exports(m_status.exports() + 1);
        m_status.set_last_success_ms(m_clock.unixMillis());
        if (!m_segments.empty())
            return sendTraces();
    }
    finish(answered);
}

void OtlpExporter::tracesSent(const Answered& answered, std::size_t segments)
{
    m_sending = 0;
    if (answered.outcome != Outcome::TryAgain) {
        for (std::size_t i = 0; i < segments && !m_segments.empty(); ++i) {
            m_segmentBytes -= m_segments.front().size();
            m_segments.pop_front();
        }
    }
    if (answered.outcome == Outcome::Taken)
        m_status.set_spans(m_status.spans() + answered.spans);
    else if (answered.outcome == Outcome::Refused)
        m_status.set_segments_dropped(m_status.segments_dropped() + static_cast<std::int64_t>(segments));
    if (answered.outcome == Outcome::Taken && !m_segments.empty())
        return sendTraces();
    finish(answered);
}

// Says once that it fails and once that it is well again.
void OtlpExporter::finish(const Answered& answered)
{
    m_busy = false;
    const std::string& problem = answered.problem.empty() ? m_metricsProblem : answered.problem;
    if (!problem.empty() && m_status.problem().empty())
        log::warning("not all metrics and traces are exported: ", problem);
    if (problem.empty() && !m_status.problem().empty())
        log::info("metrics and traces are exported again");
    m_status.set_problem(problem);
    const std::int64_t interval = std::int64_t{m_settings.interval_seconds()} * 1'000;
    if (answered.outcome != Outcome::TryAgain) {
        m_failures = 0;
        return schedule(interval);
    }
    ++m_failures;
    schedule(std::max(backoffMs(), std::int64_t{answered.retryAfterSeconds} * 1'000));
}

// A fifth more or less, so that many daemons do not come back at the same moment.
std::int64_t OtlpExporter::backoffMs()
{
    const std::int64_t doubled =
        std::min(kSoonMs << std::min(m_failures - 1, 20), kLongestBackoffMs);
    std::uniform_real_distribution<double> jitter(0.8, 1.2);
    return static_cast<std::int64_t>(static_cast<double>(doubled) * jitter(m_random));
}

} // namespace gantry::api
