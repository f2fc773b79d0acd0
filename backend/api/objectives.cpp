#include "backend/api/objectives.h"

#include "backend/api/store_operations.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/observe/recorder.h"
#include "backend/observe/slo/objectives.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace gantry::api {
namespace {

namespace pb = aws::applicationsignals;
namespace slo = observe::slo;
using observe::Recorder;
using slo::Objectives;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr int kPage = 50;
using Names = std::vector<std::string>;

void addReference(google::protobuf::RepeatedPtrField<pb::MetricReference>& references,
                  const std::string& function, const char* type, const char* metric)
{
    pb::MetricReference& reference = *references.Add();
    reference.set_namespace_("AWS/Lambda");
    reference.set_metric_type(type);
    reference.set_metric_name(metric);
    pb::Dimension& dimension = *reference.add_dimensions();
    dimension.set_name("FunctionName");
    dimension.set_value(function);
}

template <class Service> void describe(const std::string& function, Service& service)
{
    *service.mutable_key_attributes() = slo::keyAttributesOf(function);
    addReference(*service.mutable_metric_references(), function, "REQUESTS", "Invocations");
    addReference(*service.mutable_metric_references(), function, "FAULT", "Errors");
    addReference(*service.mutable_metric_references(), function, "LATENCY", "Duration");
}

// The functions that did something in a time, by name: hours are the longest-kept metrics.
void activeFunctions(Recorder& recorder, std::int64_t fromMs, std::int64_t toMs,
                     Recorder::Answer<Names> done)
{
    recorder.query<Names>(
        [fromMs, toMs](store::Database& database) -> absl::StatusOr<Names> {
            Names names;
            const absl::Status status = database.query(
                "SELECT function FROM metrics WHERE width = 3600000 AND start >= ?1 AND start < ?2 "
                "AND function <> '' AND instr(function, ':') = 0 UNION "
                // Of what is packed it is known to ten days.
                "SELECT function FROM metric_blocks WHERE width = 3600000 AND stop > ?1 AND start < ?2 "
                "AND function <> '' AND instr(function, ':') = 0 ORDER BY 1",
                {fromMs - fromMs % kHourMs, toMs},
                [&names](const store::Row& row) { names.emplace_back(row.text(0)); });
            if (!status.ok())
                return status;
            return names;
        },
        std::move(done));
}

template <class Request> absl::Status checkTimes(const Request& request)
{
    if (request.start_time().seconds() < request.end_time().seconds())
        return absl::OkStatus();
    return validationError("StartTime must be before EndTime.");
}

template <class Request, class Done>
void readActive(Recorder& recorder, const Request& request, Done done)
{
    activeFunctions(recorder, request.start_time().seconds() * 1'000,
                    request.end_time().seconds() * 1'000, std::move(done));
}

void listServices(Recorder& recorder, const pb::ListServicesInput& request,
                  Reply<pb::ListServicesOutput> reply)
{
    int offset = 0;
    if (request.has_next_token() && (!absl::SimpleAtoi(request.next_token(), &offset) || offset < 0))
        return reply(validationError("The next token is not valid."));
    if (absl::Status status = checkTimes(request); !status.ok())
        return reply(status);
    readActive(recorder, request, [request, offset, reply = std::move(reply)](const absl::StatusOr<Names>& names) {
        if (!names.ok())
            return reply(names.status());
        const int most = request.has_max_results() ? request.max_results() : kPage;
        pb::ListServicesOutput output;
        *output.mutable_start_time() = request.start_time();
        *output.mutable_end_time() = request.end_time();
        const int all = static_cast<int>(names->size());
        for (int i = offset; i < std::min(all, offset + most); ++i)
            describe((*names)[static_cast<std::size_t>(i)], *output.add_service_summaries());
        if (all > offset + most)
            output.set_next_token(absl::StrCat(offset + most));
        reply(std::move(output));
    });
}

void getService(Recorder& recorder, const pb::GetServiceInput& request, Reply<pb::GetServiceOutput> reply)
{
    if (absl::Status status = checkTimes(request); !status.ok())
        return reply(status);
    const std::string function = slo::functionOf(request.key_attributes());
    readActive(recorder, request, [request, function, reply = std::move(reply)](const absl::StatusOr<Names>& names) {
        if (!names.ok())
            return reply(names.status());
        if (std::find(names->begin(), names->end(), function) == names->end())
            return reply(validationError("No function of these KeyAttributes was called in that time."));
        pb::GetServiceOutput output;
        *output.mutable_start_time() = request.start_time();
        *output.mutable_end_time() = request.end_time();
        describe(function, *output.mutable_service());
        reply(std::move(output));
    });
}

} // namespace

void registerObjectives(OperationTable& table, Objectives& objectives, Recorder& recorder)
{
    onChange(table, objectives, &Objectives::create);
    onChange(table, objectives, &Objectives::update);
    onChange(table, objectives, &Objectives::remove);
    onRead(table, objectives, &Objectives::get);
    onRead(table, objectives, &Objectives::list);
    onChange(table, objectives, &Objectives::tag);
    onChange(table, objectives, &Objectives::untag);
    onRead(table, objectives, &Objectives::tags);
    onChange(table, objectives, &Objectives::report);
    onChange(table, objectives, &Objectives::health);
    table.on<pb::ListServicesInput, pb::ListServicesOutput>(
        [&recorder](const CallPtr&, const auto& request, Reply<pb::ListServicesOutput> reply) {
            listServices(recorder, request, std::move(reply));
        });
    table.on<pb::GetServiceInput, pb::GetServiceOutput>(
        [&recorder](const CallPtr&, const auto& request, Reply<pb::GetServiceOutput> reply) {
            getService(recorder, request, std::move(reply));
        });
}

} // namespace gantry::api
