#pragma once

#include "ui/rpc/queue_types.h"
#include "ui/widgets/badge.h"

namespace gantry::ui {

// How good or bad a state of an event is.
inline widgets::Badge::Tone toneOf(rpc::QueuedState state)
{
    using Tone = widgets::Badge::Tone;
    switch (state) {
    case rpc::QueuedState::Waiting:
        return Tone::Neutral;
    case rpc::QueuedState::Retrying:
        return Tone::Warning;
    case rpc::QueuedState::Running:
        return Tone::Info;
    case rpc::QueuedState::Dead:
        return Tone::Error;
    }
    return Tone::Neutral;
}

} // namespace gantry::ui
