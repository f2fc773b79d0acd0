#pragma once

#include "ui/rpc/functions_types.h"

#include <QFrame>

class QComboBox;
class QLabel;

namespace gantry::ui {

// Where a function's log goes, in which format, and what of it is kept.
class LoggingSection final : public QFrame {
    Q_OBJECT
public:
    explicit LoggingSection(QWidget* parent = nullptr);

    rpc::LogSettings values() const;
    // Does not emit.
    void setValues(const rpc::LogSettings& values);
    // The groups that there are, to choose from; another name may be typed.
    void setGroups(const QStringList& groups);
    bool isValid() const;

Q_SIGNALS:
    void changed(); // by the user

private:
    void edited();
    void showState();

    QComboBox* m_format;
    QComboBox* m_application;
    QComboBox* m_system;
    QComboBox* m_group;
    QLabel* m_hint;
    QLabel* m_problem;
};

} // namespace gantry::ui
