#pragma once

#include "ui/rpc/alarms_types.h"
#include "ui/widgets/badge.h"

namespace gantry::ui {

inline widgets::Badge::Tone toneOf(rpc::AlarmState state)
{
    switch (state) {
    case rpc::AlarmState::Ok:
        return widgets::Badge::Tone::Success;
    case rpc::AlarmState::Alarm:
        return widgets::Badge::Tone::Error;
    case rpc::AlarmState::InsufficientData:
        break;
    }
    return widgets::Badge::Tone::Neutral;
}

} // namespace gantry::ui
