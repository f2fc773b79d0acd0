#pragma once

#include "ui/models/denial.h"

#include <QWidget>

#include <array>

class QPushButton;

namespace gantry::ui {

// Below a text that tells of refused calls: a button for each that leads to the reason. Hidden while
// the text tells of none.
class DenialBar final : public QWidget {
    Q_OBJECT
public:
    explicit DenialBar(const QString& objectName, QWidget* parent = nullptr);

    void setText(const QString& text);

Q_SIGNALS:
    void openRequested(const QString& route);

private:
    static constexpr int kMost = 3; // who is denied more mends these first

    QList<models::Denial> m_denials;
    std::array<QPushButton*, kMost> m_buttons{};
};

} // namespace gantry::ui
