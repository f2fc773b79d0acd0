#pragma once

#include <string>
#include <string_view>

namespace gantry {

constexpr std::size_t kElfHeadBytes = 20; // what elfArchitecture() needs

// Which processor a native program or library is for, by the head of its file, as Lambda names it:
// x86_64 or arm64, "another processor"; empty when it is no ELF file.
inline std::string elfArchitecture(std::string_view head)
{
    constexpr std::size_t machineAt = 18;
    if (head.size() < kElfHeadBytes || !head.starts_with("\x7f"
                                                         "ELF"))
        return {};
    const bool bigEndian = head[5] == 2;
    const auto low = static_cast<unsigned char>(head[machineAt + (bigEndian ? 1 : 0)]);
    const auto high = static_cast<unsigned char>(head[machineAt + (bigEndian ? 0 : 1)]);
    switch (high << 8 | low) {
    case 0x3e:
        return "x86_64";
    case 0xb7:
        return "arm64";
    default:
        return "another processor";
    }
}

} // namespace gantry
