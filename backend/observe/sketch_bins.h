#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace gantry::observe {

// The bins of a serialised sketch that are not empty, smallest first: bin i counts values above
// binGrowth()^(i-1), up to and with binGrowth()^i. Nothing of what is no sketch.
void forEachBin(std::string_view serialised,
                const std::function<void(int index, std::uint32_t count)>& each);
double binGrowth();

} // namespace gantry::observe
