#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace gantry::ui {

// A short list of texts that a form edits: type and add, choose from somewhere, remove what is
// selected.
class ListField final : public QWidget {
    Q_OBJECT
public:
    // browse: text of a button that offers things to choose; empty: none.
    ListField(const QString& objectName, const QString& title, const QString& placeholder,
              const QString& browse, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setItems(const QStringList& items); // says nothing
    QStringList items() const;
    void add(const QStringList& items);
    void setCompletions(const QStringList& words);

Q_SIGNALS:
    void itemsChanged();
    void browseRequested();

private:
    void addTyped();
    void removeSelected();

    QLabel* m_title;
    QListWidget* m_list;
    QLineEdit* m_edit;
    QPushButton* m_remove;
};

} // namespace gantry::ui
