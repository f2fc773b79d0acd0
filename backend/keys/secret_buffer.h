#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gantry::keys {

// Overwrites the text in a way that the compiler may not leave out, and empties it.
void cleanse(std::string& text);

// Bytes that must not stay in memory: overwritten when they go, never copied, kept out of core
// dumps and swap as far as the kernel lets an ordinary process.
class SecretBuffer final {
public:
    SecretBuffer() = default;
    explicit SecretBuffer(std::size_t size);
    explicit SecretBuffer(std::string_view bytes);
    static SecretBuffer random(std::size_t size);

    SecretBuffer(SecretBuffer&& other) noexcept
        : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0))
    {
    }
    SecretBuffer& operator=(SecretBuffer&& other) noexcept
    {
        std::swap(m_data, other.m_data);
        std::swap(m_size, other.m_size);
        return *this;
    }
    ~SecretBuffer();

    unsigned char* data() { return m_data; }
    std::size_t size() const { return m_size; }
    std::string_view view() const { return {reinterpret_cast<const char*>(m_data), m_size}; }
    // For what hands it on; the copy is the caller's to clean.
    std::string text() const { return std::string(view()); }

private:
    unsigned char* m_data = nullptr;
    std::size_t m_size = 0;
};

// A string that is overwritten at the end of the scope.
class CleansedString final {
public:
    CleansedString() = default;
    explicit CleansedString(std::string text) : m_text(std::move(text)) {}
    CleansedString(const CleansedString&) = delete;
    CleansedString& operator=(const CleansedString&) = delete;
    ~CleansedString() { cleanse(m_text); }

    std::string& get() { return m_text; }
    const std::string& get() const { return m_text; }

private:
    std::string m_text;
};

} // namespace gantry::keys
