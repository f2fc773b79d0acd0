#include "backend/api/stream_pace.h"

#include "backend/api/operation_table.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "gantry/store/functions.pb.h"
#include "gantry/v1/concurrency.pb.h"

#include <cmath>
#include <string>
#include <utility>

namespace gantry::api {
namespace {

using functions::StreamPace;

constexpr double kMb = 1024.0 * 1024.0;
constexpr double kMostMb = 1'024;
constexpr double kLeastRate = 0.0625;

v1::StreamPace describe(const functions::Function& function, const StreamPace& usual)
{
    const functions::Settings& settings = *function.settings;
    const bool own = settings.has_stream_pace();
    const auto& record = settings.stream_pace();
    v1::StreamPace pace;
    pace.set_burst_mb(static_cast<double>(own ? record.burst_bytes() : usual.burstBytes) / kMb);
    pace.set_mb_per_second(
        static_cast<double>(own ? record.bytes_per_second() : usual.bytesPerSecond) / kMb);
    pace.set_own(own);
    return pace;
}

absl::Status check(const v1::StreamPace& pace)
{
    const double burst = pace.burst_mb();
    const double rate = pace.mb_per_second();
    if (!std::isfinite(burst) || burst < 0 || burst > kMostMb)
        return invalidParameter("The burst is 0 to 1,024 MB.");
    if (!std::isfinite(rate) || (rate != 0 && (rate < kLeastRate || rate > kMostMb)))
        return invalidParameter("The rate is 0.0625 to 1,024 MB a second, or 0 for no limit.");
    return absl::OkStatus();
}

void get(const functions::Registry& registry, const StreamPace& usual, const std::string& name,
         const Reply<v1::StreamPace>& reply)
{
    const auto found = registry.find(name);
    if (!found.ok())
        return reply(found.status());
    reply(describe(*found->function, usual));
}

void set(functions::Registry& registry, const StreamPace& usual,
         const v1::SetStreamPaceRequest& request, Reply<v1::StreamPace> reply)
{
    if (absl::Status valid = check(request.pace()); !valid.ok())
        return reply(valid);
    const std::string name = request.function_name();
    registry.changeSettings(
        name, {},
        [request](const functions::Found&, functions::Settings& settings) {
            if (!request.has_pace()) {
                settings.clear_stream_pace();
                return absl::OkStatus();
            }
            auto& record = *settings.mutable_stream_pace();
            record.set_burst_bytes(std::llround(request.pace().burst_mb() * kMb));
            record.set_bytes_per_second(std::llround(request.pace().mb_per_second() * kMb));
            return absl::OkStatus();
        },
        [&registry, usual, name, reply = std::move(reply)](const absl::Status& status) {
            status.ok() ? get(registry, usual, name, reply) : reply(status);
        });
}

} // namespace

void registerStreamPace(OperationTable& table, functions::Registry& registry, StreamPace usual)
{
    table.on<v1::GetStreamPaceRequest, v1::StreamPace>(
        [&registry, usual](const CallPtr&, const auto& request, const Reply<v1::StreamPace>& reply) {
            get(registry, usual, request.function_name(), reply);
        });
    table.on<v1::SetStreamPaceRequest, v1::StreamPace>(
        [&registry, usual](const CallPtr&, const auto& request, Reply<v1::StreamPace> reply) {
            set(registry, usual, request, std::move(reply));
        });
}

} // namespace gantry::api
