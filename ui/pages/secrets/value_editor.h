#pragma once

#include <QFrame>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;

namespace gantry::widgets {
class KeyValueTable;
}

namespace gantry::ui {

// Where a secret or a parameter is made, or gets a new value: a name, and the value as pairs of
// names and values (a JSON object) or as it is.
class ValueEditor final : public QFrame {
    Q_OBJECT
public:
    enum class What { Secret, Parameter };

    explicit ValueEditor(What what, QWidget* parent = nullptr);

    void startNew();
    // With the value as it is now; a JSON object of texts is shown as pairs.
    void startEdit(const QString& name, const QString& value, const QString& type = {});
    // Forgets the value.
    void finish();
    void showProblem(const QString& text);

    bool isNew() const { return m_new; }
    bool isActive() const { return m_active; }
    QString name() const;
    QString description() const;
    QString type() const; // of a parameter
    QString value() const;

Q_SIGNALS:
    void saveRequested();
    void finished(); // saved or given up

private:
    void clear();
    void setPairs(bool pairs);
    void check();
    bool showsPairs() const;

    What m_what;
    bool m_new = true;
    bool m_active = false;
    QLabel* m_title = nullptr;
    QLineEdit* m_name = nullptr;
    QLineEdit* m_description = nullptr;
    QComboBox* m_type = nullptr;
    QComboBox* m_form = nullptr;
    QStackedWidget* m_stack = nullptr;
    widgets::KeyValueTable* m_pairs = nullptr;
    QPlainTextEdit* m_raw = nullptr;
    QLabel* m_problem = nullptr;
    QPushButton* m_save = nullptr;
};

} // namespace gantry::ui
