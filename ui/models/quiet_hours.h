#pragma once

#include <QDateTime>
#include <QTime>

#include <functional>

class QSettings;

namespace gantry::models {

// When the desktop is not to be disturbed: every day from one time to another, which may be the next
// day's; and for as long as the user has paused it.
struct QuietHours {
    bool on = false;
    QTime from{22, 0};
    QTime to{7, 0};

    // from itself is quiet, to is not. The same time twice is never quiet.
    bool isQuietAt(const QTime& time) const;

    static QuietHours load(const QSettings& settings);
    void save(QSettings& settings) const;
    friend bool operator==(const QuietHours&, const QuietHours&) = default;
};

// The wall clock of the desktop; another one in tests.
using WallClock = std::function<QDateTime()>;

} // namespace gantry::models
