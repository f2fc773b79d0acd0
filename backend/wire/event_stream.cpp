#include "backend/wire/event_stream.h"

#include <cstdint>

#include <zlib.h>

namespace gantry::wire {
namespace {

constexpr char kStringType = 7;
constexpr std::size_t kPrelude = 12; // two lengths and their CRC

void put16(std::size_t value, std::string& out)
{
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
}

void put32(std::size_t value, std::string& out)
{
    put16(value >> 16 & 0xffff, out);
    put16(value & 0xffff, out);
}

void putChecksum(std::string& out)
{
    put32(::crc32_z(0, reinterpret_cast<const unsigned char*>(out.data()), out.size()), out);
}

} // namespace

std::string
eventStreamFrame(std::initializer_list<std::pair<std::string_view, std::string_view>> headers,
                 std::string_view payload)
{
    std::size_t headerBytes = 0;
    for (const auto& [name, value] : headers)
        headerBytes += 1 + name.size() + 1 + 2 + value.size();
    const std::size_t total = kPrelude + headerBytes + payload.size() + 4;
    std::string out;
    out.reserve(total);
    put32(total, out);
    put32(headerBytes, out);
    putChecksum(out);
    for (const auto& [name, value] : headers) {
        out += static_cast<char>(name.size());
        out += name;
        out += kStringType;
        put16(value.size(), out);
        out += value;
    }
    out += payload;
    putChecksum(out);
    return out;
}

} // namespace gantry::wire
