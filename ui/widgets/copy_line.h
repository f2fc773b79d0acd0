#pragma once

#include <QWidget>

class QLabel;
class QToolButton;

namespace gantry::widgets {

// One or more lines of code to take away: monospaced, selectable, with a button that copies them and
// says so for a moment.
class CopyLine final : public QWidget {
    Q_OBJECT
public:
    // The accessible name says what is copied, e.g. "Copy the AWS CLI command".
    CopyLine(const QString& objectName, const QString& accessibleName, QWidget* parent = nullptr);

    void setText(const QString& text);
    QString text() const;

private:
    void copy();

    QLabel* m_text = nullptr;
    QToolButton* m_button = nullptr;
};

} // namespace gantry::widgets
