#pragma once

#include "ui/rpc/findings_types.h"
#include "ui/widgets/badge.h"

namespace gantry::ui {

inline widgets::Badge::Tone toneOf(rpc::FindingSeverity severity)
{
    using Tone = widgets::Badge::Tone;
    return severity == rpc::FindingSeverity::High     ? Tone::Error
           : severity == rpc::FindingSeverity::Medium ? Tone::Warning
                                                      : Tone::Info;
}

} // namespace gantry::ui
