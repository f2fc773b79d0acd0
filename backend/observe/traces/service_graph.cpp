#include "backend/observe/traces/service_graph.h"

#include "backend/observe/traces/messages.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace gantry::observe::traces {
namespace {

namespace pb = aws::xray;

// Ten steps a decade, from a tenth of a millisecond.
double stepOf(double seconds)
{
    return std::pow(10, std::round(std::log10(std::max(seconds, 1e-4)) * 10) / 10);
}

// Only its name: the same outside for every trace of one entry point.
ServiceName clientOf(const ServiceName& service)
{
    return {service.name, "client"};
}

} // namespace

void ServiceGraph::Tally::count(const Segment& segment)
{
    ++(segment.fault ? faults : segment.throttle ? throttles : segment.error ? errors : ok);
    seconds += segment.seconds();
    ++times[stepOf(segment.seconds())];
    firstMicros = total() == 1 ? segment.startMicros : std::min(firstMicros, segment.startMicros);
    lastMicros = std::max(lastMicros, segment.endMicros);
}

void ServiceGraph::add(const Trace& trace)
{
    for (const ServiceCall& call : callsOf(trace)) {
        const ServiceName to = serviceOf(*call.to);
        m_services[to].count(*call.to);
        const ServiceName from = call.from ? serviceOf(*call.from) : clientOf(to);
        if (!call.from) {
            m_roots.insert(to);
            m_services[from].count(*call.to);
        }
        // What a caller sees of it, where that was measured.
        m_calls[{from, to}].count(call.by ? *call.by : *call.to);
    }
}

template <class Statistics>
void ServiceGraph::fillStatistics(const Tally& tally, Statistics& to)
{
    to.set_ok_count(tally.ok);
    to.mutable_error_statistics()->set_throttle_count(tally.throttles);
    to.mutable_error_statistics()->set_other_count(tally.errors);
    to.mutable_error_statistics()->set_total_count(tally.throttles + tally.errors);
    to.mutable_fault_statistics()->set_other_count(tally.faults);
    to.mutable_fault_statistics()->set_total_count(tally.faults);
    to.set_total_count(tally.total());
    to.set_total_response_time(tally.seconds);
}

void ServiceGraph::fillHistogram(const Tally& tally,
                                 google::protobuf::RepeatedPtrField<pb::HistogramEntry>& to)
{
    for (const auto& [seconds, count] : tally.times) {
        pb::HistogramEntry& entry = *to.Add();
        entry.set_value(seconds);
        entry.set_count(count);
    }
}

void ServiceGraph::fillEdge(const Tally& tally, int to, pb::Edge& edge)
{
    edge.set_reference_id(to);
    setTime(*edge.mutable_start_time(), tally.firstMicros);
    setTime(*edge.mutable_end_time(), tally.lastMicros);
    fillStatistics(tally, *edge.mutable_summary_statistics());
    fillHistogram(tally, *edge.mutable_response_time_histogram());
}

void ServiceGraph::fill(google::protobuf::RepeatedPtrField<pb::Service>& services,
                        const std::string& accountId) const
{
    std::map<ServiceName, int> ids;
    for (const auto& [name, tally] : m_services)
        ids.emplace(name, static_cast<int>(ids.size()));
    for (const auto& [name, tally] : m_services) {
        pb::Service& service = *services.Add();
        service.set_reference_id(ids[name]);
        service.set_name(name.name);
        service.add_names(name.name);
        service.set_type(name.type);
        service.set_root(m_roots.contains(name));
        service.set_state("active");
        setTime(*service.mutable_start_time(), tally.firstMicros);
        setTime(*service.mutable_end_time(), tally.lastMicros);
        for (const auto& [ends, call] : m_calls) {
            if (ends.first == name)
                fillEdge(call, ids[ends.second], *service.add_edges());
        }
        if (name.type == "client")
            continue;
        service.set_account_id(accountId);
        fillStatistics(tally, *service.mutable_summary_statistics());
        fillHistogram(tally, *service.mutable_duration_histogram());
        fillHistogram(tally, *service.mutable_response_time_histogram());
    }
}

} // namespace gantry::observe::traces
