#pragma once

#include <QWidget>

class QLineEdit;

namespace gantry::widgets {

// The strip that Ctrl+F opens: text, next, previous, close. Enter is next, Shift+Enter previous,
// Escape closes.
class FindBar final : public QWidget {
    Q_OBJECT
public:
    explicit FindBar(QWidget* parent = nullptr);

    void open(const QString& text);
    // Shows that nothing was found.
    void setFound(bool found);

Q_SIGNALS:
    void findRequested(const QString& text, bool forward);
    void closed();

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    void close();

    QLineEdit* m_field;
};

} // namespace gantry::widgets
