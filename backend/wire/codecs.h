#pragma once

#include "backend/wire/codec.h"

namespace gantry::wire {

// The codec of a protocol. Codecs have no state.
const Codec& codecFor(Protocol protocol);

} // namespace gantry::wire
