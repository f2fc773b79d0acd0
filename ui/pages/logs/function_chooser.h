#pragma once

#include <QStringList>
#include <QWidget>

class QLineEdit;
class QListWidget;

namespace gantry::models {
class FunctionsModel;
}

namespace gantry::ui {

// The functions whose logs are shown: a list with a box for each, its colour beside it, and a
// filter. No box checked means all of them.
class FunctionChooser final : public QWidget {
    Q_OBJECT
public:
    FunctionChooser(const models::FunctionsModel* functions, QWidget* parent);

    QStringList chosen() const; // none: all
    QStringList all() const { return m_names; }
    void choose(const QStringList& names);

Q_SIGNALS:
    void changed();

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();
    void applyFilter();
    void paintColours();

    const models::FunctionsModel* m_functions;
    QStringList m_names; // in the order that gives the colours
    QLineEdit* m_filter;
    QListWidget* m_list;
};

} // namespace gantry::ui
