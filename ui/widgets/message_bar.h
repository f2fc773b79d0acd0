#pragma once

#include "ui/widgets/badge.h"

#include <QFrame>

#include <functional>

class QLabel;
class QPushButton;
class QTimer;

namespace gantry::widgets {

class IconLabel;

// A line above a page's content that says what happened, without stopping anyone. Good news goes
// away by itself; errors stay until closed or replaced. May carry one button.
class MessageBar final : public QFrame {
    Q_OBJECT
public:
    // subject: what it speaks of, where a page has a bar besides the window's.
    explicit MessageBar(QWidget* parent = nullptr, const QString& subject = {});

    void showMessage(const QString& text, Badge::Tone tone);
    // The button calls back once; the bar closes with it.
    void showMessage(const QString& text, Badge::Tone tone, const QString& buttonText,
                     std::function<void()> onButton);
    void dismiss();
    QString text() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Badge::Tone m_tone = Badge::Tone::Info;
    IconLabel* m_icon = nullptr;
    QLabel* m_text = nullptr;
    QPushButton* m_button = nullptr;
    QTimer* m_timer = nullptr;
    std::function<void()> m_onButton;
};

} // namespace gantry::widgets
