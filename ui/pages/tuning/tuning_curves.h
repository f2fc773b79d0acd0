#pragma once

#include "ui/charts/band_chart.h"
#include "ui/rpc/tuning_types.h"

#include <functional>
#include <optional>

// What the charts of a tuning run are made of.
namespace gantry::ui {

// What a chart takes from an estimate.
using TuningValue = std::function<double(const rpc::TuningEstimate&)>;
struct TuningValues {
    TuningValue middle, low, high, measured; // low and high may be empty; measured 0: none
};

// A curve an architecture over memory, those of the compared run laid over them, and the picks.
charts::BandData tuningOverMemory(const rpc::TuningRun& run,
                                  const std::optional<rpc::TuningRun>& compared, int chosen,
                                  const TuningValues& values);

// The cheapest, the fastest, the balanced and the chosen size.
void addTuningMarkers(const rpc::TuningRun& run, int chosen, const TuningValue& x,
                      const TuningValue& y, charts::BandData& data);

} // namespace gantry::ui
