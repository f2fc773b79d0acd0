#pragma once

#include <QWidget>

class QPlainTextEdit;
class QPushButton;
class QTimer;

namespace gantry::widgets {

// A value that is hidden until it is asked for, and hidden again after half a minute. What it puts on
// the clipboard it takes away again after as long, unless something else is there by then. It holds
// no value while it is hidden, so neither a screenshot nor the widget's text has one.
class SecretField final : public QWidget {
    Q_OBJECT
public:
    // name begins the object names of the controls, e.g. secretReveal for secret; what completes
    // their accessible names: "Reveal the secret".
    SecretField(const QString& name, const QString& what, QWidget* parent = nullptr);

    // Milliseconds until a shown value is hidden and a copied one is taken off the clipboard.
    void setPatience(int milliseconds);

    // What was asked for.
    void showValue(const QString& text);
    void copyValue(const QString& text);
    // Hides it at once.
    void hideValue();
    bool isShown() const { return m_shown; }

Q_SIGNALS:
    void revealRequested(); // answer with showValue
    void copyRequested();   // answer with copyValue

private:
    void clearClipboard();

    QPlainTextEdit* m_text = nullptr;
    QPushButton* m_reveal = nullptr;
    QPushButton* m_copy = nullptr;
    QTimer* m_hide = nullptr;
    QTimer* m_clear = nullptr;
    QByteArray m_copied; // hash of what lies on the clipboard
    bool m_shown = false;
};

} // namespace gantry::widgets
