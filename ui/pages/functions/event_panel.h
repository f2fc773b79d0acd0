#pragma once

#include "ui/models/event_store.h"

#include <QHash>
#include <QWidget>

class QComboBox;
class QPushButton;
class QToolButton;

namespace gantry::widgets {
class JsonView;
}

namespace gantry::ui {

// The event that a test sends: chosen among saved events and templates, edited as JSON with its
// first error named below, and saved under a name of the user's.
class EventPanel final : public QWidget {
    Q_OBJECT
public:
    explicit EventPanel(QWidget* parent = nullptr);

    // Offers the function's events; what was typed for another one is kept for its return.
    void setFunction(const QString& name);
    QString text() const;
    void setText(const QString& text);
    // When it is not JSON the cursor goes to the error.
    bool checkText();

Q_SIGNALS:
    void textChanged();
    void problem(const QString& text);

private:
    QWidget* makeToolbar();
    void fillChoices(const QString& current);
    void choose(int index);
    void showValidity();
    void save();
    void askName();
    void saveAs(const QString& name);
    void removeSaved();

    models::EventStore m_store;
    QList<models::EventTemplate> m_templates;
    QHash<QString, QString> m_texts; // by function
    QString m_function;
    QString m_savedName; // of the event in the editor; empty for a template
    QComboBox* m_choices;
    QToolButton* m_save;
    QToolButton* m_remove;
    widgets::JsonView* m_editor;
    QPushButton* m_error;
};

} // namespace gantry::ui
