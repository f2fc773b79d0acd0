#include "backend/observe/traces/trace.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>

namespace gantry::observe::traces {
namespace {

using ById = absl::flat_hash_map<std::string, const Segment*>;

ById indexed(const Trace& trace)
{
    ById all;
    for (const Segment& segment : trace.segments)
        forEach(segment, [&all](const Segment& each) { all.try_emplace(each.id, &each); });
    return all;
}

// What a segment or subsegment belongs to: the nearest segment above it. Documents may claim any
// parent, also one that leads back to themselves.
const Segment* ownerOf(const Segment* segment, const ById& all)
{
    for (int steps = 0; segment && segment->subsegment && steps < 1'000; ++steps) {
        const auto parent = all.find(segment->parentId);
        segment = parent == all.end() ? nullptr : parent->second;
    }
    return segment && !segment->subsegment ? segment : nullptr;
}

} // namespace

const Segment* Trace::root() const
{
    absl::flat_hash_set<std::string> ids;
    for (const Segment& segment : segments)
        forEach(segment, [&ids](const Segment& each) { ids.insert(each.id); });
    const Segment* root = nullptr;
    for (const Segment& segment : segments) {
        const bool orphan = segment.parentId.empty() || !ids.contains(segment.parentId);
        if (orphan && !segment.subsegment &&
            (!root || segment.startMicros < root->startMicros))
            root = &segment;
    }
    return root;
}

double Trace::durationSeconds() const
{
    const Segment* first = root();
    std::int64_t end = 0;
    for (const Segment& segment : segments)
        forEach(segment, [&end](const Segment& each) { end = std::max(end, each.endMicros); });
    return first && end > first->startMicros
               ? static_cast<double>(end - first->startMicros) / 1e6
               : 0;
}

bool Trace::isPartial() const
{
    return !root() || std::any_of(segments.begin(), segments.end(), [](const Segment& segment) {
        return segment.inProgress();
    });
}

const Segment* Trace::find(const std::string& id) const
{
    const Segment* found = nullptr;
    for (const Segment& segment : segments) {
        forEach(segment, [&](const Segment& each) {
            if (!found && each.id == id)
                found = &each;
        });
    }
    return found;
}

// The AWS SDK's subsegments are named for the service: S3 is of type AWS::S3.
ServiceName serviceOf(const Segment& segment)
{
    if (!segment.subsegment)
        return {segment.name, segment.origin};
    return {segment.name,
            segment.remoteKind == "aws" ? "AWS::" + segment.name : segment.remoteKind};
}

std::vector<ServiceCall> callsOf(const Trace& trace)
{
    const ById all = indexed(trace);
    absl::flat_hash_set<std::string> answered; // subsegments that made a segment elsewhere
    std::vector<ServiceCall> calls;
    for (const Segment& segment : trace.segments) {
        if (segment.subsegment)
            continue;
        const auto parent = all.find(segment.parentId);
        const Segment* by = parent == all.end() ? nullptr : parent->second;
        ServiceCall call{ownerOf(by, all), by && by->subsegment ? by : nullptr, &segment};
        if (call.by)
            answered.insert(call.by->id);
        calls.push_back(call);
    }
    for (const auto& [id, segment] : all) {
        if (!segment->subsegment || segment->remoteKind.empty() || answered.contains(id))
            continue;
        if (const Segment* owner = ownerOf(segment, all))
            calls.push_back({owner, segment, segment});
    }
    return calls;
}

} // namespace gantry::observe::traces
