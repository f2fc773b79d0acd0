#pragma once

#include <boost/crc.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gantry::test {

// One entry of a zip that is put together by hand, so that it can be as wrong as a test wants.
struct ZipEntry {
    std::string name;
    std::string data;
    unsigned mode = 0100644; // with the file type, as Unix has it
    unsigned system = 3;     // Unix
    unsigned flags = 0x800;  // names are UTF-8
    unsigned method = 0;     // stored
    bool wrongChecksum = false;
};

inline void put(std::string& out, std::uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

inline std::string makeZip(const std::vector<ZipEntry>& entries)
{
    std::string out;
    std::string directory;
    for (const ZipEntry& entry : entries) {
        boost::crc_32_type crc;
        crc.process_bytes(entry.data.data(), entry.data.size());
        std::string common;
        put(common, 20, 2);
        put(common, entry.flags, 2);
        put(common, entry.method, 2);
        put(common, 0, 4); // time
        put(common, crc.checksum() ^ (entry.wrongChecksum ? 1u : 0u), 4);
        put(common, entry.data.size(), 4);
        put(common, entry.data.size(), 4);
        put(common, entry.name.size(), 2);
        put(common, 0, 2); // extra
        const std::size_t offset = out.size();
        out += "PK\3\4" + common + entry.name + entry.data;
        directory += "PK\1\2";
        put(directory, 20 | entry.system << 8, 2);
        directory += common;
        put(directory, 0, 6); // comment, disk, internal attributes
        put(directory, std::uint64_t(entry.mode) << 16, 4);
        put(directory, offset, 4);
        directory += entry.name;
    }
    const std::size_t start = out.size();
    out += directory + "PK\5\6";
    put(out, 0, 4);
    put(out, entries.size(), 2);
    put(out, entries.size(), 2);
    put(out, directory.size(), 4);
    put(out, start, 4);
    put(out, 0, 2);
    return out;
}

} // namespace gantry::test
