#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::sandbox {

// Small file helpers for set-up code. Those that return nothing throw StepFailed.
void writeFile(const std::string& path, std::string_view contents);    // made when missing, 0644
bool tryWriteFile(const std::string& path, std::string_view contents); // an existing file
void makeDirectories(const std::string& path);                         // with all parents, 0755
std::string readSmallFile(const std::string& path); // up to 256 KiB; empty when unreadable

// A bind mount of source at target (which exists) with attributes (MOUNT_ATTR_*), submounts as
// well.
void bindMount(const std::string& source, const std::string& target, unsigned long attributes);

} // namespace gantry::sandbox
