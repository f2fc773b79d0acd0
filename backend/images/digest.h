#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace gantry::images {

// The name of content: "sha256:" and 64 lower-case hexadecimal digits. Other algorithms are refused.
bool isDigest(std::string_view text);
// The hexadecimal part, which names files.
std::string hexOf(std::string_view digest);
std::string digestOf(std::string_view bytes);

// The digest of what comes in pieces.
class Hasher final {
public:
    Hasher();
    ~Hasher();

    void add(std::string_view bytes);
    std::string digest(); // ends it

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace gantry::images
