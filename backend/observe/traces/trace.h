#pragma once

#include "backend/observe/traces/segment.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gantry::observe::traces {

// One request on its way through everything that took part in it.
struct Trace {
    std::string id;
    std::int64_t startMicros = 0; // of its first segment
    std::int64_t revision = 0;    // how often segments came
    bool limitExceeded = false;   // some segments were too much
    std::vector<std::string> documents; // as they came
    std::vector<Segment> segments;      // of each document

    const Segment* root() const; // the first of those whose parent is not here; null without any
    double durationSeconds() const; // from the root's start to the last end
    bool isPartial() const;
    // Every segment and subsegment, by id.
    const Segment* find(const std::string& id) const;
};

// A node of the service map: a segment's name and its origin, or what a subsegment called that made
// no segment of its own.
struct ServiceName {
    std::string name;
    std::string type; // may be empty

    auto operator<=>(const ServiceName&) const = default;
};
ServiceName serviceOf(const Segment& segment);

// A call from one service to another, or from outside (from is null) into the first.
struct ServiceCall {
    const Segment* from = nullptr; // the segment of the calling service
    const Segment* by = nullptr;   // the subsegment in it that called; may be null
    const Segment* to = nullptr;   // the segment that answered, or `by` when none did
};
// In no particular order. Pointers are into the trace.
std::vector<ServiceCall> callsOf(const Trace& trace);

} // namespace gantry::observe::traces
