#pragma once

#include <string>
#include <string_view>

namespace gantry {

// A random (version 4) UUID in lower case, from the kernel's generator.
std::string randomUuid();

// Lower-case hexadecimal of count random bytes.
std::string randomHex(int count);

std::string toHex(std::string_view bytes);

// SHA-256 of data: 32 raw bytes.
std::string sha256(std::string_view data);

// An X-Amzn-Trace-Id for what came without one; whether it is sampled is yet to be decided.
std::string newTraceId();

} // namespace gantry
