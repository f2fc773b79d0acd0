#pragma once

#include <QElapsedTimer>
#include <QtGlobal>

namespace gantry::models {

// When to ask again about a stretch of time that a page looks at and that goes on: at once for another
// stretch, else once in a while; and never twice at a time.
class PeriodicQuery final {
public:
    explicit PeriodicQuery(qint64 everyMs) : m_everyMs(everyMs) {}

    // True when it is time to ask, which the caller then does.
    bool look(qint64 fromMs, qint64 toMs)
    {
        const bool other = toMs - fromMs != m_spanMs || qAbs(fromMs - m_fromMs) > toMs - fromMs;
        if (m_asking || (!other && m_since.isValid() && m_since.elapsed() < m_everyMs))
            return false;
        m_asking = true;
        m_fromMs = fromMs;
        m_spanMs = toMs - fromMs;
        m_since.start();
        return true;
    }
    void answered() { m_asking = false; }

private:
    qint64 m_everyMs;
    qint64 m_fromMs = 0;
    qint64 m_spanMs = 0;
    bool m_asking = false;
    QElapsedTimer m_since;
};

} // namespace gantry::models
