#include "backend/keys/secret_buffer.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

namespace gantry::keys {

void cleanse(std::string& text)
{
    OPENSSL_cleanse(text.data(), text.capacity());
    text.clear();
}

// From OpenSSL's secure heap when the process has set one up (locked, not dumped), from the
// ordinary one when that is full: either is overwritten at the end.
SecretBuffer::SecretBuffer(std::size_t size)
    : m_data(size == 0 ? nullptr : static_cast<unsigned char*>(OPENSSL_secure_zalloc(size))),
      m_size(size)
{
    if (size > 0 && !m_data)
        m_data = static_cast<unsigned char*>(OPENSSL_zalloc(size));
    if (size > 0 && !m_data)
        throw std::bad_alloc();
}

SecretBuffer::SecretBuffer(std::string_view bytes) : SecretBuffer(bytes.size())
{
    if (!bytes.empty())
        std::memcpy(m_data, bytes.data(), bytes.size());
}

SecretBuffer SecretBuffer::random(std::size_t size)
{
    SecretBuffer buffer(size);
    if (RAND_priv_bytes(buffer.m_data, static_cast<int>(size)) != 1)
        throw std::runtime_error("OpenSSL gave no random bytes");
    return buffer;
}

SecretBuffer::~SecretBuffer()
{
    // Frees what either heap gave; overwrites it in both cases.
    if (m_data)
        OPENSSL_secure_clear_free(m_data, m_size);
}

} // namespace gantry::keys
