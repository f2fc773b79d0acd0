#pragma once

#include <string>
#include <string_view>

namespace gantry::sandbox {

// Control files of the kernel (/proc, /sys). Reading answers an empty string, writing false, when
// the file is not there or refuses.
std::string readHostFile(const std::string& path);
bool writeHostFile(const std::string& path, std::string_view value);

} // namespace gantry::sandbox
