#include "backend/api/develop.h"

#include "backend/api/error_location.h"
#include "backend/api/event_json.h"
#include "backend/api/load_runner.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "backend/invoke/dispatcher.h"

#include <absl/strings/str_cat.h>

#include <cmath>
#include <memory>
#include <random>
#include <utility>

namespace gantry::api {
namespace {

constexpr int kMaxConcurrency = 1'000;
constexpr std::int64_t kMaxDurationMs = 3'600'000;
constexpr double kMaxRate = 1e6;

v1::CheckInitResponse checkedOf(const runtime::InitOutcome& outcome,
                                const std::vector<std::string>& log)
{
    v1::CheckInitResponse response;
    response.set_ok(outcome.ok);
    response.set_init_ms(static_cast<double>(outcome.durationMicros) / 1000.0);
    response.set_error_type(outcome.errorType);
    response.set_error_message(outcome.errorMessage);
    response.mutable_stack_trace()->Assign(outcome.stackTrace.begin(), outcome.stackTrace.end());
    response.mutable_log()->Assign(log.begin(), log.end());
    if (!outcome.ok) {
        ErrorLocation location = findErrorLocation(outcome.stackTrace, outcome.errorMessage, log);
        response.set_error_file(std::move(location.file));
        response.set_error_line(location.line);
    }
    return response;
}

void checkInit(functions::Registry& registry, invoke::Dispatcher& dispatcher,
               const v1::CheckInitRequest& request, Reply<v1::CheckInitResponse> reply)
{
    auto target = registry.resolve(request.function_name(), {}, 0);
    if (!target.ok())
        return reply(target.status());
    dispatcher.checkInit(
        *std::move(target),
        [reply = std::move(reply)](runtime::InitOutcome outcome, std::vector<std::string> log) {
            reply(checkedOf(outcome, log));
        });
}

absl::StatusOr<LoadPlan> planOf(const v1::RunLoadRequest& request)
{
    if (request.concurrency() < 1 || request.concurrency() > kMaxConcurrency)
        return validationError(
            absl::StrCat("Concurrency must be between 1 and ", kMaxConcurrency, "."));
    if (request.count() < 0 || request.duration_ms() < 0 ||
        request.duration_ms() > kMaxDurationMs || request.rate_per_second() < 0 ||
        !(request.rate_per_second() <= kMaxRate))
        return validationError("Count, duration (at most an hour) and rate must be in range.");
    if (request.count() == 0 && request.duration_ms() == 0)
        return validationError("A load needs an end: a number of calls or a duration.");
    LoadPlan plan;
    plan.event =
        std::make_shared<const std::string>(request.payload().empty() ? "{}" : request.payload());
    if (absl::Status status = checkEvent(*plan.event); !status.ok())
        return status;
    plan.concurrency = request.concurrency();
    plan.count = request.count();
    plan.durationMicros = request.duration_ms() * 1000;
    plan.perSecond = request.rate_per_second();
    return plan;
}

LoadRunner::Resolve resolver(functions::Registry& registry, const v1::RunLoadRequest& request)
{
    auto random = std::make_shared<std::mt19937_64>(std::random_device{}());
    return [&registry, random, name = request.function_name(), qualifier = request.qualifier()] {
        std::uniform_real_distribution<double> uniform(0, 1);
        return registry.resolve(name, qualifier, uniform(*random));
    };
}

void getPackage(functions::Registry& registry, const v1::GetPackageRequest& request,
                Reply<v1::GetPackageResponse> reply)
{
    const auto found = registry.find(request.function_name(), request.qualifier());
    if (!found.ok())
        return reply(found.status());
    registry.package(*found,
                     [reply = std::move(reply), sha = found->version->configuration.code_sha256()](
                         absl::StatusOr<std::string> zip) {
                         if (!zip.ok())
                             return reply(zip.status());
                         v1::GetPackageResponse response;
                         response.set_zip(*std::move(zip));
                         response.set_code_sha256(sha);
                         response.set_content_type("application/zip");
                         reply(std::move(response));
                     });
}

} // namespace

void registerDevelop(OperationTable& table, boost::asio::io_context& io,
                     functions::Registry& registry, invoke::Dispatcher& dispatcher)
{
    table.on<v1::CheckInitRequest, v1::CheckInitResponse>(
        [&registry, &dispatcher](CallPtr, const v1::CheckInitRequest& request,
                                 Reply<v1::CheckInitResponse> reply) {
            checkInit(registry, dispatcher, request, std::move(reply));
        });
    table.onStream<v1::RunLoadRequest>(
        [&io, &registry, &dispatcher](CallPtr call, const v1::RunLoadRequest& request,
                                      StreamPtr sink) {
            auto plan = planOf(request);
            if (!plan.ok())
                return sink->finish(plan.status());
            std::make_shared<LoadRunner>(io, dispatcher, resolver(registry, request),
                                         *std::move(plan), std::move(sink))
                ->start(call);
        });
    table.on<v1::GetPackageRequest, v1::GetPackageResponse>(
        [&registry](CallPtr, const v1::GetPackageRequest& request,
                    Reply<v1::GetPackageResponse> reply) {
            getPackage(registry, request, std::move(reply));
        });
}

} // namespace gantry::api
