#pragma once

#include <QObject>

namespace gantry::ui {

// Makes SIGINT and SIGTERM quit the program the way the user does, so that the daemon is stopped in
// order and the window's state is kept.
class SignalQuit final : public QObject {
    Q_OBJECT
public:
    explicit SignalQuit(QObject* parent = nullptr);

Q_SIGNALS:
    void quitRequested();
};

} // namespace gantry::ui
