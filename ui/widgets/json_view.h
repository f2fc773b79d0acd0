#pragma once

#include <QWidget>

#include <memory>

namespace gantry::models {
struct JsonError;
}

namespace gantry::widgets {

// JSON with syntax colours, folding and line numbers: an editor that marks where the text stops
// being JSON as one types, or a viewer. Large text is shown without colours so that it stays quick.
class JsonView final : public QWidget {
    Q_OBJECT
public:
    enum class Mode { Edit, Read };

    JsonView(const QString& objectName, const QString& accessibleName, Mode mode,
             QWidget* parent = nullptr);
    ~JsonView() override;

    QString text() const;
    void setText(const QString& text);
    // Replaces the text as one step that can be undone.
    void replaceText(const QString& text);
    bool isValid() const;
    // Of the text as it is; nullptr when it is valid. Only in Mode::Edit.
    const models::JsonError* error() const;
    // Puts the cursor on the error.
    void goToError();

Q_SIGNALS:
    void textChanged();
    // After a short rest in typing.
    void validated();

protected:
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    class Editor;
    void applyTheme();
    void validate();

    Mode m_mode;
    Editor* m_editor;
    bool m_coloured = true;
    std::unique_ptr<models::JsonError> m_error;
};

} // namespace gantry::widgets
