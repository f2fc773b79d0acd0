#pragma once

#include <locale.h>

namespace gantry::store {

// libarchive converts names to the thread's character set; the daemon's locale may be C.
class Utf8Locale final {
public:
    Utf8Locale()
        : m_locale(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)),
          m_previous(m_locale ? ::uselocale(m_locale) : nullptr)
    {
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;
    ~Utf8Locale()
    {
        if (m_locale) {
            ::uselocale(m_previous);
            ::freelocale(m_locale);
        }
    }

private:
    locale_t m_locale;
    locale_t m_previous;
};

} // namespace gantry::store
