#pragma once

#include "gantry/v1/tuning.pb.h"

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

// The formats of AWS Lambda Power Tuning. Its state machine's output is JSON: {"power", "cost",
// "duration", "stateMachine": {"executionCost", "lambdaCost", "visualization"}, "stats":
// [{"averagePrice", "averageDuration", "totalCost", "value"}]}. Its visualisation page reads a link
// SIZES;TIMES;COSTS after the #, each the base64 of a little-endian array: int16 MB, float32 ms,
// float32 US dollars.
namespace gantry::tuning::result_file {

struct Point {
    int memoryMb = 0;
    double durationMs = 0;
    double costUsd = 0;
};

// The measured sizes (of the host's architecture), each mean without the discarded share.
std::vector<Point> pointsOf(const v1::TuningRun& run);

std::string link(const std::vector<Point>& points);
std::string json(const v1::TuningRun& run);

// Points from a link, or from a state machine's output (its stats, else its link). The error says
// what is wrong with the text.
absl::StatusOr<std::vector<Point>> parse(std::string_view content);

// A run of the history with these points as estimates without intervals.
v1::TuningRun imported(const std::vector<Point>& points);

} // namespace gantry::tuning::result_file
