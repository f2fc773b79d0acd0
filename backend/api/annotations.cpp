#include "backend/api/annotations.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/functions/deploy_history.h"
#include "backend/observe/alarms/alarms.h"
#include "backend/tuning/tuner.h"
#include "gantry/v1/annotations.pb.h"

#include <absl/strings/str_cat.h>
#include <boost/json.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace gantry::api {
namespace {

namespace al = observe::alarms;

constexpr const char* kFunctionDimension = "FunctionName";

struct Range {
    std::string function; // empty: all
    std::int64_t fromMs = 0;
    std::int64_t toMs = 0;
    int limit = 0;
};

// The function that an alarm watches; empty when it is about another thing or several.
std::string functionOf(const al::Stored& alarm)
{
    if (!alarm || !alarm->has_metric())
        return {};
    for (const auto& dimension : alarm->metric().dimensions()) {
        if (dimension.name() == kFunctionDimension)
            return dimension.value();
    }
    for (const auto& query : alarm->metric().metrics()) {
        for (const auto& dimension : query.metric_stat().metric().dimensions()) {
            if (dimension.name() == kFunctionDimension)
                return dimension.value();
        }
    }
    return {};
}

// State and reason, from the data of a StateUpdate.
std::pair<std::string, std::string> newStateOf(const std::string& data)
{
    boost::system::error_code failed;
    const boost::json::value parsed = boost::json::parse(data, failed);
    const auto text = [&](const char* pointer) {
        boost::system::error_code missing;
        const auto* found = failed ? nullptr : parsed.find_pointer(pointer, missing);
        return found && found->is_string() ? std::string(found->get_string()) : std::string();
    };
    return {text("/newState/stateValue"), text("/newState/stateReason")};
}

v1::Annotation annotationOf(const functions::Deploy& deploy)
{
    v1::Annotation annotation;
    annotation.set_kind(v1::Annotation::DEPLOY);
    annotation.set_time_ms(deploy.timeMs);
    annotation.set_function_name(deploy.function);
    annotation.set_title(absl::StrCat(deploy.function, ": ", deploy.title));
    annotation.set_detail(deploy.detail);
    return annotation;
}

v1::Annotation annotationOf(const al::HistoryItem& item, const std::string& function)
{
    const auto [state, reason] = newStateOf(item.data);
    v1::Annotation annotation;
    annotation.set_kind(v1::Annotation::ALARM);
    annotation.set_time_ms(item.timeMs);
    annotation.set_function_name(function);
    annotation.set_name(item.alarm);
    annotation.set_title(absl::StrCat(item.alarm, ": ", item.summary));
    annotation.set_detail(reason);
    annotation.set_state(state);
    return annotation;
}

v1::Annotation annotationOf(const v1::TuningRun& run)
{
    v1::Annotation annotation;
    annotation.set_kind(v1::Annotation::TUNING);
    annotation.set_time_ms(run.started_at_ms());
    annotation.set_end_ms(run.started_at_ms() + run.elapsed_ms());
    annotation.set_function_name(run.function_name());
    annotation.set_name(run.id());
    annotation.set_title(absl::StrCat(run.function_name(), ": power tuning"));
    const int pick = run.pick().index();
    if (pick >= 0 && pick < run.estimates_size())
        annotation.set_detail(absl::StrCat(run.calls(), " calls, best: ",
                                           run.estimates(pick).memory_mb(), " MB"));
    else
        annotation.set_detail(absl::StrCat(run.calls(), " calls"));
    return annotation;
}

// Gathers what the sources answer, and replies when all have.
class Gathering final : public std::enable_shared_from_this<Gathering> {
public:
    Gathering(AnnotationSources sources, Range range, Reply<v1::ListAnnotationsResponse> reply)
        : m_sources(sources), m_range(std::move(range)), m_reply(std::move(reply))
    {
    }

    void run()
    {
        addTuning();
        m_sources.deploys.list({m_range.function, m_range.fromMs, m_range.toMs, m_range.limit},
                               [self = shared_from_this()](const auto& deploys) {
                                   if (!deploys.ok())
                                       return self->m_reply(deploys.status());
                                   for (const functions::Deploy& deploy : *deploys)
                                       self->m_found.push_back(annotationOf(deploy));
                                   self->askAlarms();
                               });
    }

private:
    void addTuning()
    {
        int added = 0;
        const v1::ListTuningRunsResponse listed = m_sources.tuner.list(m_range.function);
        for (const v1::TuningRun& run : listed.runs()) {
            if (run.started_at_ms() < m_range.toMs &&
                run.started_at_ms() + run.elapsed_ms() >= m_range.fromMs &&
                run.state() != v1::TUNING_IMPORTED && added++ < m_range.limit)
                m_found.push_back(annotationOf(run));
        }
    }

    void askAlarms()
    {
        al::HistoryQuery query;
        query.type = "StateUpdate";
        query.fromMs = m_range.fromMs;
        query.toMs = m_range.toMs;
        query.limit = m_range.limit;
        m_sources.alarms.history(query, [self = shared_from_this()](const auto& items) {
            if (!items.ok())
                return self->m_reply(items.status());
            for (const al::HistoryItem& item : *items)
                self->addAlarm(item);
            self->answer();
        });
    }

    // Of an alarm that is gone nobody knows any more what it watched: it is told for the account.
    void addAlarm(const al::HistoryItem& item)
    {
        const std::string function = functionOf(m_sources.alarms.find(item.alarm));
        if (m_range.function.empty() || m_range.function == function)
            m_found.push_back(annotationOf(item, function));
    }

    void answer()
    {
        std::stable_sort(m_found.begin(), m_found.end(), [](const auto& a, const auto& b) {
            return a.time_ms() < b.time_ms();
        });
        v1::ListAnnotationsResponse response;
        for (v1::Annotation& annotation : m_found)
            *response.add_annotations() = std::move(annotation);
        m_reply(std::move(response));
    }

    AnnotationSources m_sources;
    const Range m_range;
    Reply<v1::ListAnnotationsResponse> m_reply;
    std::vector<v1::Annotation> m_found;
};

} // namespace

void registerAnnotations(OperationTable& table, AnnotationSources sources)
{
    table.on<v1::ListAnnotationsRequest, v1::ListAnnotationsResponse>(
        [sources](const CallPtr&, const v1::ListAnnotationsRequest& request,
                  Reply<v1::ListAnnotationsResponse> reply) {
            Range range{request.function_name(), request.from_ms(),
                        request.to_ms() > 0 ? request.to_ms() : sources.clock.unixMillis() + 1,
                        request.limit() > 0 ? std::min(request.limit(), 1'000) : 200};
            if (range.fromMs < 0 || range.toMs <= range.fromMs)
                return reply(validationError("The interval must begin before it ends."));
            std::make_shared<Gathering>(sources, std::move(range), std::move(reply))->run();
        });
}

} // namespace gantry::api
